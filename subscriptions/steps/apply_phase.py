"""Apply the phases of a schedule that have begun: items become what the phase says, and the interval with them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from foundation.transactions import joins_transaction
from subscriptions import events
from subscriptions.models import (
    SchedulePhase,
    ScheduleStatus,
    Subscription,
    SubscriptionSchedule,
    SubscriptionStatus,
)
from subscriptions.queries.subscriptions import find_open_schedule, list_discounts, list_items, list_phases
from subscriptions.steps.announce import announce_schedule
from subscriptions.steps.commit_change import commit_change
from subscriptions.steps.item_changes import ItemChange, plan_items
from subscriptions.steps.pending_update import drop_pending_update
from subscriptions.steps.reckon_change import ReckonedChange, reckon_change
from subscriptions.steps.restarts import plan_restart, restart_at_boundary, set_restart
from subscriptions.steps.write_change import write_change

NONE = "none"


@joins_transaction
def apply_due_phases(subscription: Subscription, *, at: datetime, now: datetime) -> bool:
    """Every phase that begins by `at`, in order; the one that begins with a period has nothing to prorate.

    The subscription is locked and the caller saves it. Returns whether anything changed.
    Writes: items, credits and debits that wait, the phases, the schedule and its event; where a phase in mid-period
    has another interval, the invoice of the period that begins.
    """
    schedule = find_open_schedule(subscription)
    if schedule is None or schedule.next_phase_at is None or schedule.next_phase_at > at:
        return False
    drop_pending_update(subscription, now=now)
    phases = list_phases(schedule)
    for phase in phases:
        if phase.applied_at is None and phase.starts_at <= at:
            _apply(subscription, phase, now=now)
            if schedule.status == ScheduleStatus.NOT_STARTED:
                schedule.start()
    move_on(subscription, schedule, phases, at=at, now=now)
    return True


def _apply(subscription: Subscription, phase: SchedulePhase, *, now: datetime) -> None:
    items = list_items(subscription)
    plans = plan_items(subscription, items, _changes(phase, {item.id: item.price_id for item in items}))
    at = phase.starts_at
    is_trial = subscription.status == SubscriptionStatus.TRIALING
    if is_trial or not subscription.current_period_start_at < at < subscription.current_period_end_at:
        _begin_with_period(subscription, ReckonedChange(plans), at=at, now=now)
    else:
        change = reckon_change(
            subscription,
            plans,
            list_discounts(subscription),
            at=at,
            restart=plan_restart(subscription, plans, at=at, anchor=None),
            is_prorated=phase.proration_behavior != NONE,
        )
        commit_change(subscription, change, at=at, now=now, behavior=phase.proration_behavior)
    phase.applied_at = now
    phase.save(update_fields=["applied_at"])


def _begin_with_period(
    subscription: Subscription, change: ReckonedChange, *, at: datetime, now: datetime
) -> None:
    """Nothing is cut. The dates of the period itself are the renewal's to move; in a trial it goes on."""
    plans = change.plans
    period = (subscription.current_period_start_at, subscription.current_period_end_at)
    due = subscription.next_billing_at
    if subscription.status == SubscriptionStatus.TRIALING:
        restart = plan_restart(subscription, plans, at=at, anchor=None)
    else:
        restart = restart_at_boundary(subscription, plans, at=max(at, period[0]))
    write_change(subscription, change, now=now)
    if restart is not None:
        set_restart(subscription, restart)
        subscription.current_period_start_at, subscription.current_period_end_at = period
        subscription.next_billing_at = due


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


@joins_transaction
def move_on(
    subscription: Subscription,
    schedule: SubscriptionSchedule,
    phases: list[SchedulePhase],
    *,
    at: datetime,
    now: datetime,
) -> None:
    """What is left to do after the phases up to `at` are applied. The caller saves the subscription.

    Writes the schedule and its event."""
    waiting = [phase.starts_at for phase in phases if phase.applied_at is None]
    ends = phases[-1].ends_at
    schedule.next_phase_at = min(waiting, default=None)
    if not waiting and schedule.end_behavior == "cancel" and ends is not None:
        subscription.cancel_at = ends
        subscription.canceled_at = subscription.canceled_at or now
    elif not waiting and ends is not None and ends > at:
        schedule.next_phase_at = ends
    elif not waiting:
        # Nothing is left to change: the subscription goes on with what the last phase has made of it.
        schedule.release(now)
    schedule.save()
    is_over = schedule.status == ScheduleStatus.RELEASED
    announce_schedule(schedule, events.SCHEDULE_RELEASED if is_over else events.SCHEDULE_UPDATED)
