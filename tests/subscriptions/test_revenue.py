"""Revenue over time: exact parts that add up to the amount, whatever the pace, the zone and the sign."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from foundation.money import Money
from subscriptions.revenue import Pace, earned_by, next_part_at, parts_of, within

NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
NEXT_YEAR = datetime(2027, 1, 1, tzinfo=UTC)


def minor_parts(amount: int, start: datetime, end: datetime, pace: Pace) -> list[int]:
    parts = parts_of(Money(amount, "usd"), start, end, pace=pace, zone="UTC")
    earned = [part.earned_minor for part in parts]
    return [here - before for before, here in zip([0, *earned], earned, strict=False)]


def test_a_year_by_the_month_is_twelve_parts_by_largest_remainder() -> None:
    assert minor_parts(10_000, NEW_YEAR, NEXT_YEAR, Pace.MONTHLY) == [834] * 4 + [833] * 8


def test_a_year_by_the_day_is_365_parts() -> None:
    parts = minor_parts(36_500, NEW_YEAR, NEXT_YEAR, Pace.DAILY)

    assert parts == [100] * 365


def test_a_month_and_a_half_earns_two_thirds_and_then_the_rest() -> None:
    assert minor_parts(
        3_000, datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 5, 16, 12, tzinfo=UTC), Pace.MONTHLY
    ) == [
        2_000,
        1_000,
    ]


def test_months_of_an_anchor_on_the_31st_are_clamped_and_never_drift() -> None:
    parts = parts_of(
        Money(300, "usd"),
        datetime(2026, 1, 31, tzinfo=UTC),
        datetime(2026, 4, 30, tzinfo=UTC),
        pace=Pace.MONTHLY,
        zone="UTC",
    )

    assert [(part.begins_at.month, part.begins_at.day) for part in parts] == [(1, 31), (2, 28), (3, 31)]


def test_a_credit_is_earned_back_in_the_same_way() -> None:
    assert minor_parts(-100, NEW_YEAR, datetime(2026, 4, 1, tzinfo=UTC), Pace.MONTHLY) == [-33, -33, -34]


def test_before_its_time_nothing_is_earned_and_the_first_part_is_next() -> None:
    parts = parts_of(Money(100, "usd"), NEW_YEAR, NEXT_YEAR, pace=Pace.MONTHLY, zone="UTC")

    assert earned_by(parts, NEW_YEAR - timedelta(seconds=1)) == 0
    assert next_part_at(parts, earned_minor=0, limit_minor=100) == NEW_YEAR


@pytest.mark.parametrize(
    ("earned", "limit", "what"), [(50, 30, 30), (20, 30, 20), (-50, -30, -30), (-20, -30, -20)]
)
def test_what_was_taken_back_is_never_earned(earned: int, limit: int, what: int) -> None:
    assert within(earned, limit) == what


@given(
    amount=st.integers(-10_000_000, 10_000_000).filter(bool),
    days=st.integers(1, 800),
    hours=st.integers(0, 23),
    pace=st.sampled_from([Pace.MONTHLY, Pace.DAILY]),
    zone=st.sampled_from(["UTC", "Europe/Berlin", "America/New_York"]),
)
def test_parts_add_up_to_the_amount_and_never_go_back(
    amount: int, days: int, hours: int, pace: Pace, zone: str
) -> None:
    end = NEW_YEAR + timedelta(days=days, hours=hours)

    parts = parts_of(Money(amount, "usd"), NEW_YEAR, end, pace=pace, zone=zone)

    assert parts[-1].earned_minor == amount
    assert earned_by(parts, end) == amount
    sums = [abs(part.earned_minor) for part in parts]
    assert sums == sorted(sums)
    assert all(one.begins_at < two.begins_at for one, two in pairwise(parts))
