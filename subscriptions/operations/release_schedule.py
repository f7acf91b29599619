"""Release a schedule: nothing of what was planned happens, and the subscription goes on as it is."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions.errors import ScheduleUnexpectedState
from subscriptions.locks import lock_schedule, lock_subscription
from subscriptions.models import ScheduleStatus, SubscriptionSchedule
from subscriptions.queries.subscriptions import get_schedule, now_of
from subscriptions.steps.end_schedule import end_schedule

OPEN = (ScheduleStatus.NOT_STARTED, ScheduleStatus.ACTIVE)


@owns_transaction
def release_schedule(*, merchant_id: UUID, schedule_id: UUID) -> SubscriptionSchedule:
    """Raises: ResourceMissing, ScheduleUnexpectedState. Writes: the schedule, subscription_schedule.released.

    Safe to repeat: a released schedule is refused.
    """
    known = get_schedule(merchant_id=merchant_id, schedule_id=schedule_id)
    clock = None
    if known.subscription_id is not None:
        subscription = lock_subscription(merchant_id=merchant_id, subscription_id=known.subscription_id)
        clock = subscription.test_clock
    schedule = lock_schedule(merchant_id=merchant_id, schedule_id=schedule_id)
    if schedule.status not in OPEN:
        raise ScheduleUnexpectedState(f"A schedule that is {schedule.status} can not be released.")
    end_schedule(schedule, now=now_of(clock), releases=True)
    return schedule
