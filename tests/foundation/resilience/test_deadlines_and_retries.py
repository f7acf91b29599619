"""Deadlines on a stopped clock, backoff at its bounds."""

from __future__ import annotations

import random

import pytest

from foundation.resilience.deadlines import Deadline, DeadlinePassed
from foundation.resilience.retries import backoff_seconds


def test_a_deadline_shrinks_as_time_passes_and_caps_every_wait() -> None:
    now = [50.0]
    deadline = Deadline.after(8.0, clock=lambda: now[0])

    assert deadline.at_most(1.0) == 1.0
    now[0] = 57.5
    assert deadline.remaining_seconds == 0.5
    assert deadline.at_most(1.0) == 0.5
    assert not deadline.has_passed


def test_a_passed_deadline_refuses_the_next_wait_and_is_never_negative() -> None:
    now = [50.0]
    deadline = Deadline.after(8.0, clock=lambda: now[0])

    now[0] = 58.0
    assert deadline.has_passed
    with pytest.raises(DeadlinePassed):
        deadline.at_most(1.0)
    now[0] = 99.0
    assert deadline.remaining_seconds == 0.0


@pytest.mark.parametrize(("attempt", "ceiling"), [(1, 2.0), (2, 4.0), (3, 8.0), (4, 10.0), (500, 10.0)])
def test_backoff_spreads_over_everything_below_its_doubling_ceiling(attempt: int, ceiling: float) -> None:
    random.seed(7)

    waits = [backoff_seconds(attempt, base_seconds=2, cap_seconds=10) for _ in range(2_000)]

    assert 0 <= min(waits) < 0.05 * ceiling
    assert 0.95 * ceiling < max(waits) <= ceiling
    assert 0.45 * ceiling < sum(waits) / len(waits) < 0.55 * ceiling


def test_attempts_count_from_one() -> None:
    with pytest.raises(ValueError, match="from 1"):
        backoff_seconds(0, base_seconds=1, cap_seconds=10)
