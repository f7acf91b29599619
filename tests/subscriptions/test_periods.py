"""Billing dates and time zones: sections A and B of reference/billing_cases.md, and what holds for every cycle."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscriptions.errors import BillingDayImpossible, PeriodDatesOutOfOrder, TooManyPeriods
from subscriptions.periods import (
    Cycle,
    Interval,
    Period,
    add_days,
    anchor_on_day,
    from_wall,
    local_date,
    periods_between,
    start_of_day,
    wall,
)
from tests.subscriptions.instants import at_zone, dates, day, monthly, utc, yearly


def boundaries(cycle: Cycle, *ks: int) -> list[str]:
    return [str(cycle.boundary(k).date()) for k in ks]


def due(cycle: Cycle, runs: list[datetime]) -> list[int]:
    """How many invoices each run of the billing job makes: what became due since the run before, or in a day."""
    befores = [runs[0] - timedelta(days=1), *runs]
    return [len(list(cycle.boundaries(before, run))) for before, run in zip(befores, runs, strict=False)]


# --- A. Anchors, month ends, leap years


def test_case_A1_month_ends_never_drift_to_the_28th() -> None:
    assert boundaries(monthly("2023-01-31"), 1, 2, 3) == ["2023-02-28", "2023-03-31", "2023-04-30"]
    assert boundaries(monthly("2024-01-31"), 1, 2) == ["2024-02-29", "2024-03-31"]


def test_case_A3_monthly_from_30_april_through_two_februaries() -> None:
    cycle = monthly("2022-04-30")

    found = boundaries(cycle, *range(9, 24))

    assert found == [
        *["2023-01-30", "2023-02-28", "2023-03-30", "2023-04-30", "2023-05-30", "2023-06-30"],
        *["2023-07-30", "2023-08-30", "2023-09-30", "2023-10-30", "2023-11-30", "2023-12-30"],
        *["2024-01-30", "2024-02-29", "2024-03-30"],
    ]


def test_case_A5_a_cycle_of_the_31st_is_due_once_on_30_april() -> None:
    cycle = monthly("2023-03-31")
    runs = [utc("2023-04-29"), utc("2023-04-30"), utc("2023-05-01")]

    assert due(cycle, runs) == [0, 1, 0]


def test_case_A7_quarters_from_the_30th_and_from_28_february() -> None:
    assert boundaries(monthly("2022-04-30", 3), 3, 4, 5, 6) == [
        *["2023-01-30", "2023-04-30", "2023-07-30", "2023-10-30"],
    ]
    assert boundaries(monthly("2022-02-28", 3), 4, 5, 6, 7) == [
        *["2023-02-28", "2023-05-28", "2023-08-28", "2023-11-28"],
    ]


def test_case_A9_yearly_from_a_leap_day_is_due_once_on_28_february() -> None:
    cycle = yearly("2020-02-29")
    runs = [utc("2023-02-27"), utc("2023-02-28T01:00:00"), utc("2023-02-28T02:00:00"), utc("2023-03-01")]

    assert due(cycle, runs) == [0, 1, 0, 0]


def test_case_A11_half_years_from_a_leap_day() -> None:
    cycle = monthly("2020-02-29", 6)

    in_2023 = dates(list(cycle.boundaries(utc("2023-03-01"), utc("2023-12-31"))))

    assert in_2023 == [day("2023-08-29")]


def test_case_A13_an_import_keeps_its_anchor_day() -> None:
    cycle = monthly("2026-02-28", day=31)

    assert cycle.period_at(utc("2026-03-15")) == Period(utc("2026-02-28"), utc("2026-03-31"))
    assert boundaries(cycle, 2, 3, 12) == ["2026-04-30", "2026-05-31", "2027-02-28"]


def test_case_A15_a_start_on_the_clamped_day_begins_a_full_period() -> None:
    cycle = anchor_on_day(utc("2012-04-30"), Interval.MONTH, 1, "UTC", day=31)

    pieces = periods_between(cycle, utc("2012-04-30"), utc("2012-04-30"))

    assert pieces == [Period(utc("2012-04-30"), utc("2012-05-31"))]


def test_case_A17_two_periods_by_1_march() -> None:
    cycle = monthly("2012-01-30")

    pieces = periods_between(cycle, utc("2012-01-30"), utc("2012-03-01"))

    assert pieces == [
        Period(utc("2012-01-30"), utc("2012-02-29")),
        Period(utc("2012-02-29"), utc("2012-03-30")),
    ]


@pytest.mark.parametrize(
    ("created", "of_month", "expected"),
    [
        ("2022-02-19", 31, "2022-02-28"),
        ("2022-07-19", 17, "2022-08-17"),
        ("2022-07-19", 23, "2022-07-23"),
    ],
)
def test_case_A19_the_next_boundary_of_a_billing_day(created: str, of_month: int, expected: str) -> None:
    cycle = anchor_on_day(utc(created), Interval.MONTH, 1, "UTC", day=of_month)

    assert cycle.next_boundary(utc(created)) == utc(expected)


def test_case_A21_two_months_on_the_31st_from_february_are_anchored_in_august() -> None:
    created = utc("2026-02-10")
    cycle = anchor_on_day(created, Interval.MONTH, 2, "UTC", day=31)

    pieces = periods_between(cycle, created, utc("2026-06-01"))

    assert cycle.anchor == utc("2026-08-31")
    assert pieces == [
        Period(created, utc("2026-02-28")),
        Period(utc("2026-02-28"), utc("2026-04-30")),
        Period(utc("2026-04-30"), utc("2026-06-30")),
    ]
    assert periods_between(
        anchor_on_day(utc("2028-02-10"), Interval.MONTH, 2, "UTC", day=31),
        utc("2028-02-10"),
        utc("2028-02-10"),
    ) == [Period(utc("2028-02-10"), utc("2028-02-29"))]


def test_case_A23_a_trial_end_becomes_the_anchor_and_the_old_boundary_is_gone() -> None:
    after_trial = Cycle(utc("2026-08-01"), Interval.MONTH)

    found = list(after_trial.boundaries(utc("2026-07-15"), utc("2026-10-01")))

    assert found == [utc("2026-08-01"), utc("2026-09-01"), utc("2026-10-01")]


def test_case_A25_the_period_after_a_clamped_one_starts_where_it_ended() -> None:
    cycle = monthly("2024-01-31")

    assert cycle.period_at(utc("2024-02-29")) == Period(utc("2024-02-29"), utc("2024-03-31"))


def test_case_A27_an_anchor_without_an_hour_takes_that_of_creation() -> None:
    # The source reckons the time of day in UTC; here it is the same wall-clock time of the subscription's zone.
    created = at_zone("2026-01-15T17:00:00", "America/New_York")

    cycle = anchor_on_day(created, Interval.MONTH, 1, "America/New_York", day=20)

    assert cycle.anchor == utc("2026-01-20T22:00:00")


def test_a_yearly_anchor_can_name_its_month_and_time_of_day() -> None:
    cycle = anchor_on_day(
        utc("2026-05-05T10:00:00"), Interval.YEAR, 1, "UTC", day=29, month=2, hour=6, minute=30, second=0
    )

    assert cycle.anchor == utc("2028-02-29T06:30:00")
    assert cycle.next_boundary(utc("2026-05-05")) == utc("2027-02-28T06:30:00")


def test_a_day_that_no_month_of_the_interval_has_is_refused() -> None:
    with pytest.raises(BillingDayImpossible):
        anchor_on_day(utc("2026-02-01"), Interval.YEAR, 1, "UTC", day=30)


def test_250_natural_periods_can_be_backdated_and_no_more() -> None:
    cycle = monthly("2000-01-01")

    assert len(periods_between(cycle, cycle.anchor, cycle.boundary(249))) == 250
    with pytest.raises(TooManyPeriods):
        periods_between(cycle, cycle.anchor, cycle.boundary(250))


# --- B. Time zones and daylight saving time


@pytest.mark.parametrize(
    ("zone", "expected"),
    [
        ("Pacific/Honolulu", 16),
        ("Europe/Paris", 16),
        ("UTC", 16),
        ("Etc/GMT-3", 17),  # the source's fixed offset +03:00
        ("Asia/Tokyo", 17),
    ],
)
def test_case_B1_the_billing_day_is_that_of_the_zone(zone: str, expected: int) -> None:
    assert local_date(utc("2012-07-16T21:17:03"), zone).day == expected


def test_case_B3_from_summer_into_winter_time_the_second_period_starts_an_hour_later_in_utc() -> None:
    zone = "America/Los_Angeles"
    start = utc("2015-11-01T07:01:01")
    cycle = Cycle(start, Interval.MONTH, 1, zone)

    # 07:01:02 UTC on 1 December is still 30 November, 23:01:02, in Los Angeles: one period has begun.
    assert periods_between(cycle, start, utc("2015-12-01T07:01:02")) == [
        Period(start, utc("2015-12-01T08:01:01"))
    ]


def test_case_B5_a_trial_of_30_days_is_30_dates_into_summer_time() -> None:
    zone = "America/Los_Angeles"
    start = at_zone("2017-03-01T23:30:00", zone)

    trial_end = add_days(start, 30, zone)
    first = Cycle(trial_end, Interval.MONTH, 1, zone).period(0)

    assert local_date(trial_end, zone) == day("2017-03-31")
    assert [local_date(first.start, zone), local_date(first.end, zone)] == [
        day("2017-03-31"),
        day("2017-04-30"),
    ]


def test_case_B7_no_stray_piece_when_the_date_differs_between_utc_and_the_zone() -> None:
    zone = "America/New_York"
    created = utc("2023-03-01T03:47:56")
    cycle = anchor_on_day(created, Interval.MONTH, 1, zone, day=28)

    pieces = periods_between(cycle, created, utc("2023-05-30"))

    assert [(str(local_date(p.start, zone)), str(local_date(p.end, zone))) for p in pieces] == [
        ("2023-02-28", "2023-03-28"),
        ("2023-03-28", "2023-04-28"),
        ("2023-04-28", "2023-05-28"),
        ("2023-05-28", "2023-06-28"),
    ]


def test_case_B9_a_calendar_month_of_bogota_begins_at_five_utc() -> None:
    zone = "America/Bogota"
    cycle = Cycle(start_of_day(day("2023-02-01"), zone), Interval.MONTH, 1, zone)
    runs = [utc(f"2023-03-0{text}") for text in ("1T00:00", "1T05:00", "1T06:00", "2T04:00", "2T05:00")]

    assert due(cycle, runs) == [0, 1, 0, 0, 0]


def test_a_boundary_in_a_gap_is_the_first_instant_after_it() -> None:
    # Berlin has no 02:30 on 29 March 2026; 03:00 summer time is the first that is there again.
    cycle = Cycle(at_zone("2026-02-28T02:30:00", "Europe/Berlin"), Interval.DAY, 1, "Europe/Berlin")

    assert cycle.boundary(29) == utc("2026-03-29T01:00:00")
    assert cycle.boundary(30) == at_zone("2026-03-30T02:30:00", "Europe/Berlin")


def test_a_boundary_in_a_fold_is_its_first_occurrence() -> None:
    cycle = Cycle(at_zone("2026-10-01T02:30:00", "Europe/Berlin"), Interval.DAY, 1, "Europe/Berlin")

    assert cycle.boundary(24) == utc("2026-10-25T00:30:00")


def test_a_day_that_a_zone_skipped_begins_with_the_next_one() -> None:
    # Samoa had no 30 December 2011.
    assert start_of_day(day("2011-12-30"), "Pacific/Apia") == utc("2011-12-30T10:00:00")
    assert wall(utc("2011-12-30T10:00:00"), "Pacific/Apia") == datetime(2011, 12, 31)


# --- What holds for every cycle

ZONES = (
    "UTC",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Africa/Casablanca",
)
cycles = st.builds(
    Cycle,
    anchor=st.datetimes(datetime(2000, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC)),
    interval=st.sampled_from(Interval),
    count=st.integers(1, 12),
    zone=st.sampled_from(ZONES),
)
instants = st.datetimes(datetime(1999, 1, 1), datetime(2045, 1, 1), timezones=st.just(UTC))


@given(cycles, st.integers(-100, 100))
def test_boundaries_grow_and_each_is_the_start_of_the_period_that_covers_it(cycle: Cycle, k: int) -> None:
    assert cycle.boundary(k) < cycle.boundary(k + 1)
    assert cycle.index_at(cycle.boundary(k)) == k
    assert cycle.index_at(cycle.boundary(k + 1) - timedelta(microseconds=1)) == k


@given(cycles, instants)
def test_every_instant_lies_in_exactly_one_period(cycle: Cycle, at: datetime) -> None:
    k = cycle.index_at(at)

    assert cycle.period(k).covers(at)
    assert cycle.next_boundary(at) == cycle.period(k).end
    assert not cycle.period(k - 1).covers(at) and not cycle.period(k + 1).covers(at)


@given(cycles, st.integers(1, 40))
def test_pieces_follow_each_other_without_gap_or_overlap(cycle: Cycle, count: int) -> None:
    start = cycle.anchor + timedelta(hours=7)
    pieces = periods_between(cycle, start, cycle.boundary(count))

    assert pieces[0].start == start
    assert all(one.end == other.start for one, other in pairwise(pieces))
    assert pieces[-1].covers(cycle.boundary(count))


@given(st.datetimes(datetime(1990, 1, 1), datetime(2040, 1, 1)), st.sampled_from(ZONES))
def test_wall_clock_time_comes_back_unless_it_never_was(local: datetime, zone: str) -> None:
    at = from_wall(local, zone)
    is_there = local.replace(tzinfo=ZoneInfo(zone)).astimezone(UTC).astimezone(ZoneInfo(zone))

    if is_there.replace(tzinfo=None) == local:
        assert wall(at, zone) == local
    else:
        assert wall(at - timedelta(microseconds=1), zone) < local < wall(at, zone)


def test_a_period_that_ends_before_it_starts_is_refused() -> None:
    with pytest.raises(PeriodDatesOutOfOrder):
        Period(utc("2026-01-02"), utc("2026-01-01"))
