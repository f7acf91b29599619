"""Deadlines and alarms."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from disputes.schedules import EXPIRY_GRACE, days_to_answer, due_alarm, next_deadline_action

DUE = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("network", "country", "days"),
    [
        ("visa", "de", 18),
        ("visa", "us", 9),
        ("visa", "CA", 9),
        ("mastercard", "us", 40),
        ("amex", "us", 14),
        ("diners", "", 25),
        ("discover", "", 25),
        ("jcb", "", 40),
        ("unionpay", "", 30),
        ("unheard_of", "", 9),
    ],
)
def test_case_g23_days_to_answer_where_the_psp_gives_none(network: str, country: str, days: int) -> None:
    assert days_to_answer(network, country) == days


@pytest.mark.parametrize(
    ("hours_left", "given", "alarm"),
    [
        (73, None, None),
        (72, None, 72),
        (30, 72, None),
        (24, 72, 24),
        (20, None, 24),
        (4, 24, 4),
        (1, 4, None),
        (-1, 24, None),
    ],
)
def test_each_alarm_is_due_once_and_the_closest_counts(
    hours_left: int, given: int | None, alarm: int | None
) -> None:
    assert due_alarm(DUE - timedelta(hours=hours_left), DUE, given) == alarm


def test_next_action_is_the_next_alarm_and_at_last_the_end() -> None:
    assert next_deadline_action(DUE - timedelta(days=9), DUE, None) == DUE - timedelta(hours=72)
    assert next_deadline_action(DUE - timedelta(hours=71), DUE, 72) == DUE - timedelta(hours=24)
    assert next_deadline_action(DUE - timedelta(hours=1), DUE, 4) == DUE + EXPIRY_GRACE
