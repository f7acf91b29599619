"""Cancel a schedule, and the subscription with it where there is one."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import outside_transaction, owns_transaction
from subscriptions.errors import ScheduleUnexpectedState
from subscriptions.locks import lock_schedule
from subscriptions.models import SubscriptionSchedule
from subscriptions.operations.cancel_subscription import cancel_subscription
from subscriptions.operations.release_schedule import OPEN
from subscriptions.queries.subscriptions import get_schedule, now_of
from subscriptions.steps.end_schedule import end_schedule


@outside_transaction
def cancel_schedule(*, merchant_id: UUID, schedule_id: UUID) -> SubscriptionSchedule:
    """Raises: ResourceMissing, ScheduleUnexpectedState; as cancel_subscription.

    Writes: as cancel_subscription, which cancels the schedule that it finds; of one that has not begun, the schedule
    and its event.
    Safe to repeat: a canceled schedule is refused.
    """
    known = get_schedule(merchant_id=merchant_id, schedule_id=schedule_id)
    if known.status not in OPEN:
        raise ScheduleUnexpectedState(f"A schedule that is {known.status} can not be canceled.")
    if known.subscription_id is None:
        _cancel_unbegun(merchant_id=merchant_id, schedule_id=schedule_id)
    else:
        cancel_subscription(merchant_id=merchant_id, subscription_id=known.subscription_id)
    return get_schedule(merchant_id=merchant_id, schedule_id=schedule_id)


@owns_transaction
def _cancel_unbegun(*, merchant_id: UUID, schedule_id: UUID) -> None:
    schedule = lock_schedule(merchant_id=merchant_id, schedule_id=schedule_id)
    if schedule.status not in OPEN or schedule.begins_id is not None:
        raise ScheduleUnexpectedState("The schedule begins just now, or has ended.")
    end_schedule(schedule, now=now_of(None), releases=False)
