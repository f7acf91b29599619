"""Plan a schedule's coming phases anew; those that have begun stay."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.errors import ScheduleUnexpectedState
from subscriptions.locks import lock_schedule, lock_subscription
from subscriptions.models import SchedulePhase, ScheduleStatus, SubscriptionSchedule
from subscriptions.queries.subscriptions import find_billing_customer, get_schedule, list_phases, now_of
from subscriptions.steps.announce import announce_schedule
from subscriptions.steps.new_schedule import write_new_phases
from subscriptions.steps.plan_phases import NewPhase, write_phases

OPEN = (ScheduleStatus.NOT_STARTED, ScheduleStatus.ACTIVE)


@owns_transaction
def update_schedule(
    *,
    merchant_id: UUID,
    schedule_id: UUID,
    phases: Sequence[NewPhase] | None = None,
    end_behavior: str | None = None,
    metadata: Mapping[str, str] | None = None,
) -> SubscriptionSchedule:
    """phases: all that come after the current one, and of a schedule that has not begun all; None leaves them.

    Raises: ResourceMissing, ScheduleUnexpectedState, SchedulePhasesInvalid; as plan_items.
    Writes: the schedule, its phases, subscription_schedule.updated. Safe to repeat.
    """
    known = get_schedule(merchant_id=merchant_id, schedule_id=schedule_id)
    subscription = None
    if known.subscription_id is not None:
        subscription = lock_subscription(merchant_id=merchant_id, subscription_id=known.subscription_id)
    schedule = lock_schedule(merchant_id=merchant_id, schedule_id=schedule_id)
    if schedule.status not in OPEN:
        raise ScheduleUnexpectedState(f"A schedule that is {schedule.status} does not change.")
    if subscription is None and (schedule.begins_id is not None or schedule.subscription_id is not None):
        raise ScheduleUnexpectedState("The schedule begins just now.")
    if end_behavior is not None:
        schedule.end_behavior = end_behavior
    if metadata is not None:
        schedule.metadata = dict(metadata)
    if phases is not None:
        rows = SchedulePhase.objects.for_merchant(merchant_id)
        rows.filter(schedule_id=schedule.id, applied_at__isnull=True).delete()
        if subscription is None:
            _plan_anew(schedule, phases)
        else:
            write_phases(schedule, subscription, phases, after=list_phases(schedule)[-1])
    schedule.save()
    announce_schedule(schedule, events.SCHEDULE_UPDATED)
    return schedule


def _plan_anew(schedule: SubscriptionSchedule, phases: Sequence[NewPhase]) -> None:
    """Of one that has not begun. It starts where the first phase says, else when it was going to."""
    billing = find_billing_customer(merchant_id=schedule.merchant_id, customer_id=schedule.customer_id)
    now = now_of(billing.test_clock if billing else None)
    first = phases[0].starts_at if phases else None
    starts_at = first or schedule.next_phase_at or now
    write_new_phases(schedule, phases, starts_at=starts_at, zone=schedule.settings["timezone"], now=now)
