"""When to look again, and when silence is proof."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.schedules import (
    CALL_SECONDS,
    DAY_SECONDS,
    SUBMISSION_LEASE_SECONDS,
    absence_is_proof,
    next_look_at,
    next_unknown_look_at,
)

SENT = datetime(2026, 11, 20, 12, tzinfo=UTC)
DELAYS = st.integers(min_value=1, max_value=10 * DAY_SECONDS)


def after(seconds: float) -> datetime:
    return SENT + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("elapsed", "expected"),
    [
        (0, 10),
        (9, 10),
        (10, 30),
        (29.5, 30),
        (30, 120),
        (120, 600),
        (600, 3_600),
        (3_599, 3_600),
        (3_600, 7_200),
        (7_200, 10_800),
        (10_000, 10_800),
        (10_799.5, 10_800.5),
        (10_800, 10_800 + DAY_SECONDS),
    ],
)
def test_looks_grow_apart_then_come_hourly_to_the_report_delay_then_daily(
    elapsed: float, expected: float
) -> None:
    at = next_look_at(submitted_at=SENT, now=after(elapsed), maximum_report_delay_seconds=10_800)

    assert at == after(expected)


@pytest.mark.parametrize(
    ("delay", "elapsed", "expected"),
    [(60, 31, 61), (60, 61, 120), (3_600, 700, 3_600), (3_600, 3_600, 3_601), (1, 0, 10), (1, 12, 17)],
)
def test_what_is_unknown_is_looked_at_right_after_the_report_delay(
    delay: int, elapsed: float, expected: float
) -> None:
    at = next_unknown_look_at(submitted_at=SENT, now=after(elapsed), maximum_report_delay_seconds=delay)

    assert at == after(expected)


@pytest.mark.parametrize(
    ("delay", "elapsed", "proves"),
    [(60, 59, False), (60, 60, False), (60, 61, True), (3_600, 3_600, False), (3_600, 3_601, True)],
)
def test_not_found_is_proof_only_after_the_report_delay(delay: int, elapsed: int, proves: bool) -> None:
    assert (
        absence_is_proof(submitted_at=SENT, now=after(elapsed), maximum_report_delay_seconds=delay) is proves
    )


def test_not_found_is_no_proof_while_the_call_may_still_be_under_way() -> None:
    assert not absence_is_proof(submitted_at=SENT, now=after(CALL_SECONDS), maximum_report_delay_seconds=1)
    assert absence_is_proof(submitted_at=SENT, now=after(CALL_SECONDS + 1), maximum_report_delay_seconds=1)
    assert SUBMISSION_LEASE_SECONDS > CALL_SECONDS


@given(delay=DELAYS, elapsed=st.integers(min_value=0, max_value=30 * DAY_SECONDS))
def test_next_look_is_always_ahead_and_never_further_than_a_day(delay: int, elapsed: int) -> None:
    at = next_unknown_look_at(submitted_at=SENT, now=after(elapsed), maximum_report_delay_seconds=delay)

    assert after(elapsed) < at <= after(elapsed) + timedelta(seconds=max(DAY_SECONDS, CALL_SECONDS))


@given(delay=DELAYS)
def test_looks_are_bounded_until_absence_is_proven(delay: int) -> None:
    now, looks = SENT, 0
    while not absence_is_proof(submitted_at=SENT, now=now, maximum_report_delay_seconds=delay):
        now = next_unknown_look_at(submitted_at=SENT, now=now, maximum_report_delay_seconds=delay)
        looks += 1

    assert looks <= 7 + delay / 3_600
