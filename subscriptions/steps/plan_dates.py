"""The dates of a new subscription: anchor, trial, first period. Writes nothing."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from subscriptions.errors import PeriodDatesOutOfOrder
from subscriptions.models import Price
from subscriptions.periods import Cycle, Interval, Period, add_days, anchor_on_day, periods_between

INCOMPLETE_HOURS = 23
"""How long a first payment may take before the subscription expires. Source: Stripe, subscriptions overview."""


@dataclass(frozen=True, slots=True)
class AnchorDay:
    """billing_cycle_anchor_config: parts that are None are those of creation."""

    day: int
    month: int | None = None
    hour: int | None = None
    minute: int | None = None
    second: int | None = None


@dataclass(frozen=True, slots=True)
class PlannedDates:
    """billed: the periods of the first invoice, the last of them the current one; the trial's where there is one."""

    cycle: Cycle
    started_at: datetime
    current: Period
    billed: tuple[Period, ...]
    trial: Period | None
    incomplete_expires_at: datetime | None


def plan_dates(
    price: Price,
    *,
    zone: str,
    now: datetime,
    anchor_at: datetime | None = None,
    anchor_day: AnchorDay | None = None,
    backdate_start_at: datetime | None = None,
    trial_end_at: datetime | None = None,
    trial_period_days: int | None = None,
) -> PlannedDates:
    """price: any of the subscription's; they share the interval. zone: the customer's.

    Raises PeriodDatesOutOfOrder, TooManyPeriods, BillingDayImpossible."""
    if trial_end_at is None and trial_period_days:
        trial_end_at = add_days(now, trial_period_days, zone)
    started_at = backdate_start_at or now
    if started_at > now:
        raise PeriodDatesOutOfOrder("A subscription can not be backdated into the future.")
    interval = Interval(price.interval)
    if trial_end_at is not None and trial_end_at > now:
        trial = Period(started_at, trial_end_at)
        cycle = Cycle(trial_end_at, interval, price.interval_count, zone)
        return PlannedDates(cycle, started_at, trial, (trial,), trial, None)
    if anchor_day is not None:
        cycle = anchor_on_day(
            started_at,
            interval,
            price.interval_count,
            zone,
            day=anchor_day.day,
            month=anchor_day.month,
            hour=anchor_day.hour,
            minute=anchor_day.minute,
            second=anchor_day.second,
        )
    else:
        cycle = Cycle(anchor_at or started_at, interval, price.interval_count, zone)
    billed = periods_between(cycle, started_at, now)
    expires = now + timedelta(hours=INCOMPLETE_HOURS)
    return PlannedDates(cycle, started_at, billed[-1], tuple(billed), None, expires)
