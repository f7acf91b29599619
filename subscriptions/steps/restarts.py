"""A change that begins a period of its own: another interval, or an anchor that moves to now.

The anchor is the original one wherever it may stay: boundaries are never chained from a clamped date.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from subscriptions.errors import (
    PeriodDatesOutOfOrder,
    SubscriptionItemsDiffer,
    SubscriptionUnexpectedState,
)
from subscriptions.models import Price, Subscription, SubscriptionStatus
from subscriptions.periods import Cycle, Interval, Period, wall
from subscriptions.proration import Basis
from subscriptions.steps.item_changes import ItemPlan


class Anchor(StrEnum):
    """billing_cycle_anchor of an update. Unsaid, another interval moves it to now and nothing else does."""

    NOW = "now"
    UNCHANGED = "unchanged"


@dataclass(frozen=True, slots=True)
class Restart:
    """The cycle from here on, and the period that has begun with it."""

    cycle: Cycle
    period: Period
    basis: Basis


def plan_restart(
    subscription: Subscription, plans: Sequence[ItemPlan], *, at: datetime, anchor: Anchor | None
) -> Restart | None:
    """None when the running period goes on. During a trial the trial does, whatever the interval becomes.

    Raises SubscriptionItemsDiffer (another currency), SubscriptionUnexpectedState (a trial's anchor is its end)."""
    price = _price_of(subscription, plans)
    keeps_interval = (price.interval, price.interval_count) == (
        subscription.interval,
        subscription.interval_count,
    )
    is_trial = subscription.status == SubscriptionStatus.TRIALING
    if is_trial and anchor == Anchor.NOW:
        raise SubscriptionUnexpectedState(
            "A trial's end is its anchor: end the trial instead.", param="billing_cycle_anchor"
        )
    if keeps_interval and anchor != Anchor.NOW:
        return None
    interval, basis = Interval(price.interval), Basis(price.proration_basis)
    kept = Cycle(
        subscription.anchor_at,
        interval,
        price.interval_count,
        subscription.timezone,
        subscription.anchor_day,
    )
    if is_trial:
        trial = Period(subscription.current_period_start_at, subscription.current_period_end_at)
        return Restart(kept, trial, basis)
    if anchor == Anchor.UNCHANGED:
        return Restart(kept, Period(at, kept.next_boundary(at)), basis)
    moved = Cycle(at, interval, price.interval_count, subscription.timezone)
    return Restart(moved, moved.period(0), basis)


def restart_at_boundary(
    subscription: Subscription, plans: Sequence[ItemPlan], *, at: datetime
) -> Restart | None:
    """As plan_restart, for a change that begins with a period: nothing is cut, and the day of billing stays.

    From the month to the year the anchor is the boundary itself: the original one lies in another month."""
    price = _price_of(subscription, plans)
    own = (subscription.interval, subscription.interval_count)
    if (price.interval, price.interval_count) == own:
        return None
    interval, count, zone = Interval(price.interval), price.interval_count, subscription.timezone
    cycle = Cycle(subscription.anchor_at, interval, count, zone, subscription.anchor_day)
    if not cycle.is_boundary(at):
        day = subscription.anchor_day or wall(subscription.anchor_at, zone).day
        cycle = Cycle(at, interval, count, zone, day if cycle.months else None)
    return Restart(cycle, Period(at, cycle.next_boundary(at)), Basis(price.proration_basis))


def refuse_if_over(restart: Restart | None, *, now: datetime) -> None:
    """Raises PeriodDatesOutOfOrder: a period that is backdated so far that it has ended is no current one."""
    if restart is not None and restart.period.end <= now:
        raise PeriodDatesOutOfOrder("The period that would begin has ended already.", param="proration_date")


def set_restart(subscription: Subscription, restart: Restart) -> None:
    """The subscription's dates become the restart's; the caller saves it."""
    cycle = restart.cycle
    subscription.interval, subscription.interval_count = cycle.interval.value, cycle.count
    subscription.anchor_at, subscription.anchor_day = cycle.anchor, cycle.day
    subscription.proration_basis = restart.basis.value
    subscription.current_period_start_at = restart.period.start
    subscription.current_period_end_at = restart.period.end
    subscription.next_billing_at = restart.period.end
    subscription.lease_ends_at = None


def _price_of(subscription: Subscription, plans: Sequence[ItemPlan]) -> Price:
    """Any of those that stay: they share currency and interval."""
    price = next(plan.price for plan in plans if plan.price is not None)
    if price.currency != subscription.currency:
        raise SubscriptionItemsDiffer(param="items")
    return price
