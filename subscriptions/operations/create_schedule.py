"""Plan the changes of a subscription: phases that begin later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.errors import ScheduleExists, SubscriptionUnexpectedState
from subscriptions.locks import lock_subscription
from subscriptions.models import RENEWING_STATES, SubscriptionSchedule
from subscriptions.queries.subscriptions import find_open_schedule, find_schedule, now_of
from subscriptions.steps.announce import announce_schedule
from subscriptions.steps.plan_phases import NewPhase, write_current_phase, write_phases


@owns_transaction
def create_schedule(
    *,
    merchant_id: UUID,
    schedule_id: UUID,
    subscription_id: UUID,
    phases: Sequence[NewPhase] = (),
    end_behavior: str = "release",
    metadata: Mapping[str, str] | None = None,
    may_exist: bool = False,
) -> SubscriptionSchedule:
    """phases: those after the current one, which is the subscription as it is up to its period's end.

    Raises: ResourceMissing, SubscriptionUnexpectedState, ScheduleExists, SchedulePhasesInvalid; as plan_items.
    Writes: the schedule, its phases, subscription_schedule.created.
    Safe to repeat: with may_exist the same schedule_id finds the first one.
    """
    if may_exist:
        existing = find_schedule(merchant_id=merchant_id, schedule_id=schedule_id)
        if existing is not None:
            return existing
    # Locked: two schedules of one subscription made together must see each other.
    subscription = lock_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    if subscription.status not in RENEWING_STATES:
        raise SubscriptionUnexpectedState(f"A subscription that is {subscription.status} has no schedule.")
    if find_open_schedule(subscription) is not None:
        raise ScheduleExists(param="from_subscription")
    now = now_of(subscription.test_clock)
    schedule = SubscriptionSchedule(
        id=schedule_id,
        merchant=subscription.merchant,
        customer=subscription.customer,
        subscription=subscription,
        end_behavior=end_behavior,
        metadata=dict(metadata or {}),
        created_at=now,
    )
    schedule.start()
    schedule.save(force_insert=True)
    current = write_current_phase(schedule, subscription, now=now)
    if phases:
        write_phases(schedule, subscription, phases, after=current)
    announce_schedule(schedule, events.SCHEDULE_CREATED)
    return schedule
