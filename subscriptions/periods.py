"""Periods: where a billing period begins and ends, by the calendar of a zone. Free of Django.

Boundary k is the original anchor + k intervals, its day clamped to the month; never chained from a clamped
date. Reckoned in wall-clock time and stored in UTC: a gap gives the first valid instant after it, a fold the
first occurrence. Not here: what a period costs (pricing.py), parts of one (proration.py).
"""

from __future__ import annotations

from bisect import bisect_left
from calendar import monthrange
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from functools import cached_property
from zoneinfo import ZoneInfo

from subscriptions.errors import BillingDayImpossible, PeriodDatesOutOfOrder, TooManyPeriods

MAX_PERIODS = 250
"""How many natural periods one invoice may bill, when a subscription is backdated."""

MONTHS_PER_YEAR = 12
DAYS_PER_WEEK = 7


class Interval(StrEnum):
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class Period:
    """Half-open: the instant of `end` belongs to the next one."""

    start: datetime
    end: datetime

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise PeriodDatesOutOfOrder(f"A period can not end at {self.end}: it starts at {self.start}.")

    def covers(self, at: datetime) -> bool:
        return self.start <= at < self.end

    def overlaps(self, other: Period) -> bool:
        return self.start < other.end and other.start < self.end


@dataclass(frozen=True)
class Cycle:
    """How often a subscription is billed, and from which anchor.

    anchor: an instant in UTC. day: the anchor's day of the month where a shorter month has clamped it (an
    import of 28 February that means the 31st); None: the anchor's own.
    """

    anchor: datetime
    interval: Interval
    count: int = 1
    zone: str = "UTC"
    day: int | None = None

    def boundary(self, k: int) -> datetime:
        """The anchor + k intervals, k of either sign."""
        local = self._local_anchor
        if self.interval in (Interval.DAY, Interval.WEEK):
            days = self.count * (DAYS_PER_WEEK if self.interval == Interval.WEEK else 1)
            return from_wall(local + timedelta(days=k * days), self.zone)
        months = local.year * MONTHS_PER_YEAR + local.month - 1 + k * self.months
        year, month = divmod(months, MONTHS_PER_YEAR)
        day = min(self.day or local.day, monthrange(year, month + 1)[1])
        return from_wall(local.replace(year=year, month=month + 1, day=day), self.zone)

    @property
    def months(self) -> int:
        """Months per period; 0 where a period is counted in days."""
        by_interval = {Interval.MONTH: 1, Interval.YEAR: MONTHS_PER_YEAR}
        return self.count * by_interval.get(self.interval, 0)

    def index_at(self, at: datetime) -> int:
        """k of the period that covers `at`: boundary(k) <= at < boundary(k + 1)."""
        local, anchor = wall(at, self.zone), self._local_anchor
        if self.months:
            k = ((local.year - anchor.year) * MONTHS_PER_YEAR + local.month - anchor.month) // self.months
        else:
            days = self.count * (DAYS_PER_WEEK if self.interval == Interval.WEEK else 1)
            k = (local - anchor).days // days
        # The estimate is at most one off: clamped days, and hours that a gap or a fold has moved.
        while self.boundary(k) > at:
            k -= 1
        while self.boundary(k + 1) <= at:
            k += 1
        return k

    def period(self, k: int) -> Period:
        return Period(self.boundary(k), self.boundary(k + 1))

    def period_at(self, at: datetime) -> Period:
        """The natural period that covers an instant, also before the anchor."""
        return self.period(self.index_at(at))

    def next_boundary(self, after: datetime) -> datetime:
        """The first boundary later than `after`."""
        return self.boundary(self.index_at(after) + 1)

    def is_boundary(self, at: datetime) -> bool:
        return self.boundary(self.index_at(at)) == at

    def boundaries(self, after: datetime, until: datetime) -> Iterator[datetime]:
        """Every boundary in (after, until]."""
        k = self.index_at(after) + 1
        while (at := self.boundary(k)) <= until:
            yield at
            k += 1

    @cached_property
    def _local_anchor(self) -> datetime:
        return wall(self.anchor, self.zone)


def periods_between(
    cycle: Cycle, start: datetime, until: datetime, *, end: datetime | None = None
) -> list[Period]:
    """What is billed of a subscription that starts at `start`, as seen at `until`: every period begun by then.

    The first piece goes up to the next boundary; with `end`, the last one stops there. Raises
    PeriodDatesOutOfOrder, TooManyPeriods.
    """
    if until < start:
        raise PeriodDatesOutOfOrder(f"Nothing is billed up to {until}: it starts at {start}.")
    if end is not None and end < start:
        raise PeriodDatesOutOfOrder(f"It can not end at {end}: it starts at {start}.")
    pieces: list[Period] = []
    begin = start
    while begin <= until and (end is None or begin < end):
        if len(pieces) == MAX_PERIODS:
            raise TooManyPeriods()
        boundary = cycle.next_boundary(begin)
        stop = boundary if end is None else min(boundary, end)
        pieces.append(Period(begin, stop))
        begin = boundary
    return pieces


def anchor_on_day(
    created_at: datetime,
    interval: Interval,
    count: int,
    zone: str,
    *,
    day: int,
    month: int | None = None,
    hour: int | None = None,
    minute: int | None = None,
    second: int | None = None,
) -> Cycle:
    """The cycle whose boundaries fall on a day of the month, asked for when a subscription is created.

    The anchor is the first date from the month of creation on, in steps of the interval, that has this day
    (the 31st of a two-month interval begun in February is 31 August). Parts of the time that are not given
    are those of creation. Its boundaries before the anchor are those of the same calendar.
    """
    local = wall(created_at, zone)
    step = count * (MONTHS_PER_YEAR if interval == Interval.YEAR else 1)
    months = local.year * MONTHS_PER_YEAR + (local.month if month is None else month) - 1
    # Whatever the step, every residue of months comes round within the 400 years of the calendar.
    while monthrange(months // MONTHS_PER_YEAR, months % MONTHS_PER_YEAR + 1)[1] < day:
        months += step
        if months > (local.year + 400) * MONTHS_PER_YEAR:
            raise BillingDayImpossible(f"No month of this interval has {day} days.")
    year, index = divmod(months, MONTHS_PER_YEAR)
    anchor = local.replace(
        year=year,
        month=index + 1,
        day=day,
        hour=local.hour if hour is None else hour,
        minute=local.minute if minute is None else minute,
        second=local.second if second is None else second,
    )
    return Cycle(from_wall(anchor, zone), interval, count, zone)


def add_days(at: datetime, days: int, zone: str) -> datetime:
    """The same wall-clock time so many days later: a trial of 30 days is 30 dates, not 30 × 86,400 seconds."""
    return from_wall(wall(at, zone) + timedelta(days=days), zone)


def add_months(at: datetime, months: int, zone: str) -> datetime:
    """The same day so many months later, clamped to the month."""
    return Cycle(at, Interval.MONTH, 1, zone).boundary(months)


def local_date(at: datetime, zone: str) -> date:
    """The date of an instant on the calendars of a zone."""
    return at.astimezone(ZoneInfo(zone)).date()


def start_of_day(day: date, zone: str) -> datetime:
    """The first instant of a date in a zone."""
    return from_wall(datetime(day.year, day.month, day.day), zone)  # noqa: DTZ001 - wall-clock time, on purpose


def wall(at: datetime, zone: str) -> datetime:
    """What the clocks of a zone show: naive, to be reckoned with by the calendar."""
    return at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def from_wall(local: datetime, zone: str) -> datetime:
    """The instant in UTC at which a zone's clocks show this; first valid one after a gap, first of a fold."""
    # fold=0 of a repeated hour is its first occurrence; of a missing one, the offset before the gap.
    at = local.replace(tzinfo=ZoneInfo(zone), fold=0).astimezone(UTC)
    return at if wall(at, zone) == local else _end_of_gap(local, zone)


def _end_of_gap(local: datetime, zone: str) -> datetime:
    # Between the readings by the later and the earlier offset lies the instant at which the clocks jump.
    rules = ZoneInfo(zone)
    later_offset = local.replace(tzinfo=rules, fold=1).utcoffset() or timedelta()
    low = local.replace(microsecond=0, tzinfo=UTC) - later_offset
    high = local.replace(tzinfo=rules, fold=0).astimezone(UTC)
    span = range(int((high - low).total_seconds()) + 1)
    jumped = bisect_left(
        span, True, key=lambda seconds: _offset(low + timedelta(seconds=seconds), rules) == later_offset
    )
    return low + timedelta(seconds=jumped)


def _offset(at: datetime, rules: ZoneInfo) -> timedelta | None:
    return at.astimezone(rules).utcoffset()
