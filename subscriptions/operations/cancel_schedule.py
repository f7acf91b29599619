"""Cancel a schedule, and the subscription with it."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import outside_transaction
from subscriptions.errors import ScheduleUnexpectedState
from subscriptions.models import SubscriptionSchedule
from subscriptions.operations.cancel_subscription import cancel_subscription
from subscriptions.operations.release_schedule import OPEN
from subscriptions.queries.subscriptions import get_schedule


@outside_transaction
def cancel_schedule(*, merchant_id: UUID, schedule_id: UUID) -> SubscriptionSchedule:
    """Raises: ResourceMissing, ScheduleUnexpectedState; as cancel_subscription.

    Writes: as cancel_subscription, which cancels the schedule that it finds.
    Safe to repeat: a canceled schedule is refused.
    """
    known = get_schedule(merchant_id=merchant_id, schedule_id=schedule_id)
    if known.status not in OPEN or known.subscription_id is None:
        raise ScheduleUnexpectedState(f"A schedule that is {known.status} can not be canceled.")
    cancel_subscription(merchant_id=merchant_id, subscription_id=known.subscription_id)
    return get_schedule(merchant_id=merchant_id, schedule_id=schedule_id)
