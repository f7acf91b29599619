"""Apply the phases of a schedule that have begun: items become what the phase says."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from foundation.transactions import joins_transaction
from subscriptions import events
from subscriptions.models import SchedulePhase, ScheduleStatus, Subscription, SubscriptionSchedule
from subscriptions.queries.subscriptions import find_open_schedule, list_discounts, list_items, list_phases
from subscriptions.steps.announce import announce_schedule
from subscriptions.steps.check_interval import refuse_unless_interval_stays
from subscriptions.steps.item_changes import ItemChange, ReckonedChange, plan_items, reckon_change
from subscriptions.steps.write_change import write_change

NONE = "none"


@joins_transaction
def apply_due_phases(subscription: Subscription, *, at: datetime, now: datetime) -> bool:
    """Every phase that begins by `at`, in order; the one that begins with a period has nothing to prorate.

    The subscription is locked and the caller saves it. Returns whether anything changed.
    Writes: items, credits and debits that wait, the phases, the schedule and its event.
    """
    schedule = find_open_schedule(subscription)
    if schedule is None or schedule.next_phase_at is None or schedule.next_phase_at > at:
        return False
    phases = list_phases(schedule)
    for phase in phases:
        if phase.applied_at is None and phase.starts_at <= at:
            _apply(subscription, phase, now=now)
            if schedule.status == ScheduleStatus.NOT_STARTED:
                schedule.start()
    _move_on(subscription, schedule, phases, now=now)
    return True


def _apply(subscription: Subscription, phase: SchedulePhase, *, now: datetime) -> None:
    items = list_items(subscription)
    plans = plan_items(subscription, items, _changes(phase, {item.id: item.price_id for item in items}))
    refuse_unless_interval_stays(subscription, plans)
    is_inside = subscription.current_period_start_at < phase.starts_at < subscription.current_period_end_at
    change = ReckonedChange(plans)
    if is_inside and phase.proration_behavior != NONE:
        change = reckon_change(subscription, plans, list_discounts(subscription), at=phase.starts_at)
    write_change(subscription, change, now=now)
    phase.applied_at = now
    phase.save(update_fields=["applied_at"])


def _changes(phase: SchedulePhase, prices: dict[UUID, UUID]) -> list[ItemChange]:
    """A phase lists all items. One that names no item takes the place of what stands there, in order."""
    left = list(prices)
    changes: list[ItemChange] = []
    unplaced = []
    for entry in phase.items:
        price_id = UUID(entry["price"])
        named = UUID(entry["subscription_item"]) if entry.get("subscription_item") else None
        same = named if named in prices else next((i for i in left if prices[i] == price_id), None)
        if same is None or same not in left:
            unplaced.append(entry)
            continue
        left.remove(same)
        changes.append(ItemChange(same, price_id, entry.get("quantity")))
    for entry in unplaced:
        place = left.pop(0) if left else None
        changes.append(ItemChange(place, UUID(entry["price"]), entry.get("quantity")))
    changes.extend(ItemChange(item_id, is_removed=True) for item_id in left)
    return changes


def _move_on(
    subscription: Subscription, schedule: SubscriptionSchedule, phases: list[SchedulePhase], *, now: datetime
) -> None:
    waiting = [phase.starts_at for phase in phases if phase.applied_at is None]
    schedule.next_phase_at = min(waiting, default=None)
    last = phases[-1]
    if not waiting:
        if schedule.end_behavior == "cancel" and last.ends_at is not None:
            subscription.cancel_at = last.ends_at
            subscription.canceled_at = subscription.canceled_at or now
        elif last.ends_at is None or schedule.end_behavior == "release":
            # Nothing is left to change: the subscription goes on with what the last phase has made of it.
            schedule.release(now)
    schedule.save()
    is_over = schedule.status == ScheduleStatus.RELEASED
    announce_schedule(schedule, events.SCHEDULE_RELEASED if is_over else events.SCHEDULE_UPDATED)
