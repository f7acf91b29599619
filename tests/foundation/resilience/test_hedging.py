"""A second question for a slow read: seldom, and the first answer that says something is taken."""

from __future__ import annotations

import threading

import pytest

from foundation.resilience.hedging import HEDGED_SHARE, MIN_RECENT, HedgedReads

ACCOUNT = "psp_1"
FOUND_NOTHING = "nothing"
IN_DOUBT = ""


def hedged_reads(**given: int) -> HedgedReads[str]:
    """An empty answer says nothing."""
    return HedgedReads(bool, **given)


class SlowPsp:
    """Answers at once, but for the questions it was told to leave hanging until it is let go."""

    def __init__(self, *hanging: int, then: str = IN_DOUBT) -> None:
        self.asked = 0
        self.let_go = threading.Event()
        self._hanging = hanging
        self._then = then
        self._lock = threading.Lock()

    def __call__(self) -> str:
        with self._lock:
            self.asked += 1
            number = self.asked
        if number in self._hanging:
            self.let_go.wait(10)
            return self._then
        return FOUND_NOTHING


def ask(hedged: HedgedReads[str], psp: SlowPsp, times: int) -> list[str]:
    return [hedged.ask(ACCOUNT, psp) for _ in range(times)]


def test_nothing_is_hedged_before_it_is_known_what_is_slow() -> None:
    hedged, psp = hedged_reads(), SlowPsp()

    ask(hedged, psp, MIN_RECENT)

    assert psp.asked == MIN_RECENT


def test_a_slow_inquiry_is_asked_once_more_and_the_first_answer_that_says_something_is_taken() -> None:
    hedged, psp = hedged_reads(), SlowPsp(MIN_RECENT + 1)
    ask(hedged, psp, MIN_RECENT)

    answer = hedged.ask(ACCOUNT, psp)

    psp.let_go.set()
    assert answer == FOUND_NOTHING
    assert psp.asked == MIN_RECENT + 2


def test_no_more_than_one_inquiry_in_twenty_is_hedged() -> None:
    hedged = hedged_reads()
    ask(hedged, SlowPsp(), MIN_RECENT)
    all_hang = SlowPsp(*range(1, 100), then=FOUND_NOTHING)
    all_hang.let_go.set()
    slow = threading.Event()

    def a_little_late() -> str:
        # Longer than any of the instant answers before it.
        slow.wait(0.01)
        return all_hang()

    for _ in range(60):
        hedged.ask(ACCOUNT, a_little_late)

    assert 60 <= all_hang.asked <= 60 + (MIN_RECENT + 60) * HEDGED_SHARE


def test_accounts_do_not_share_a_budget() -> None:
    hedged, psp = hedged_reads(), SlowPsp()
    ask(hedged, psp, MIN_RECENT)
    other = SlowPsp(1)
    other.let_go.set()

    assert hedged.ask("psp_2", other) == IN_DOUBT
    assert other.asked == 1


def test_what_the_connector_raises_is_raised() -> None:
    def broken() -> str:
        raise ZeroDivisionError

    hedged = hedged_reads()
    ask(hedged, SlowPsp(), MIN_RECENT)

    with pytest.raises(ZeroDivisionError):
        hedged.ask(ACCOUNT, broken)


def test_the_accounts_that_are_remembered_are_bounded() -> None:
    hedged = hedged_reads(max_subjects=3)

    for number in range(10):
        hedged.ask(f"psp_{number}", SlowPsp())

    assert len(hedged) == 3
