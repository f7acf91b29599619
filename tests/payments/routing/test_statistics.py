"""Intervals against published values, and how often the sequential bounds err when nobody is better."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.routing.statistics import (
    FEWEST,
    Count,
    Interval,
    Mean,
    mean_interval,
    newcombe,
    sample_size,
    sequential,
    shared_confidence,
    wilson,
)
from payments.routing.verdicts import judge

RUNS = 200
LOOK_EVERY = 25


def rounded(interval: Interval) -> tuple[float, float]:
    return round(interval.low, 4), round(interval.high, 4)


@pytest.mark.parametrize(
    ("authorized", "tried", "low", "high"),
    # Newcombe, "Two-sided confidence intervals for the single proportion", 1998, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_interval_is_the_published_one(authorized: int, tried: int, low: float, high: float) -> None:
    assert rounded(wilson(Count(tried, authorized), 0.95)) == (low, high)


@pytest.mark.parametrize(
    ("one", "other", "low", "high"),
    # Newcombe, "Interval estimation for the difference between independent proportions", 1998, table II, method 10.
    [
        (Count(70, 56), Count(80, 48), 0.0524, 0.3339),
        (Count(10, 9), Count(10, 3), 0.1705, 0.8090),
        (Count(10, 0), Count(10, 0), -0.2775, 0.2775),
    ],
)
def test_newcombe_interval_is_the_published_one(one: Count, other: Count, low: float, high: float) -> None:
    assert rounded(newcombe(one, other, 0.95)) == (low, high)


@given(st.integers(1, 5_000), st.integers(0, 5_000))
def test_wilson_interval_lies_in_its_bounds_and_holds_the_rate(tried: int, authorized: int) -> None:
    count = Count(tried, min(tried, authorized))

    interval = wilson(count, 0.95)

    assert 0 <= interval.low <= count.rate <= interval.high <= 1


def test_mean_interval_needs_two_and_narrows_with_the_root_of_their_number() -> None:
    assert mean_interval(Mean(1, 5, 25), 0.95) is None
    few = mean_interval(Mean(100, 0, 100), 0.95)
    many = mean_interval(Mean(10_000, 0, 10_000), 0.95)

    assert few is not None and many is not None
    assert round(few.high, 3) == 0.197
    assert round(few.high / many.high) == 10


def test_sample_size_is_the_usual_formulas() -> None:
    # Fleiss, without continuity correction: 0.90 against 0.87, two-sided 5 %, power 80 %.
    assert sample_size(0.90, 0.03, confidence=0.95) == 1_774


def test_too_few_outcomes_prove_nothing() -> None:
    assert sequential(Count(FEWEST - 1, 0), Count(10_000, 9_000), 0.95, expected=0.03) is None


@given(st.integers(FEWEST, 20_000), st.floats(0.02, 0.98), st.floats(0.02, 0.98))
def test_bounds_for_all_looks_are_wider_than_the_interval_of_one(n: int, p: float, q: float) -> None:
    one, other = Count(n, int(n * p)), Count(n, int(n * q))

    bounds, interval = sequential(one, other, 0.95, expected=0.03), newcombe(one, other, 0.95)

    assert bounds is not None
    assert bounds.high - bounds.low > interval.high - interval.low


def looked_at(rate: float, other: float, *, seed: int, tries: int) -> tuple[int, str] | None:
    """(payments of each arm, word) at the first look that proves a difference; None when no look does."""
    chance = random.Random(seed)
    reference = arm = 0
    for number in range(1, tries + 1):
        reference += chance.random() < rate
        arm += chance.random() < other
        if number % LOOK_EVERY == 0:
            verdict = judge(
                [("a", Count(number, reference)), ("b", Count(number, arm))],
                confidence_bps=9_500,
                minimum_difference_bps=300,
                guardrail_bps=0,
            )
            if verdict.arms[1].word != "open":
                return number, verdict.arms[1].word
    return None


@pytest.mark.parametrize("rate", [0.70, 0.90, 0.97])
def test_equal_accounts_are_told_apart_in_no_more_than_one_run_of_twenty(rate: float) -> None:
    """240 looks each: whoever judged every one of them by an ordinary interval would err in most of the runs."""
    errors = sum(looked_at(rate, rate, seed=seed, tries=6_000) is not None for seed in range(RUNS))

    assert errors <= RUNS * 5 // 100


def test_account_worse_by_three_points_is_found_and_never_taken_for_better() -> None:
    found = [looked_at(0.90, 0.87, seed=seed, tries=8_000) for seed in range(RUNS)]

    assert sum(one is not None and one[1] == "worse" for one in found) >= RUNS * 95 // 100
    assert not any(one is not None and one[1] == "better" for one in found)


def test_guardrail_stops_only_beyond_its_own_measure() -> None:
    outcomes = [("a", Count(10_000, 9_000)), ("b", Count(10_000, 8_700))]

    def stop_reason(guardrail_bps: int) -> str:
        return judge(
            outcomes, confidence_bps=9_500, minimum_difference_bps=300, guardrail_bps=guardrail_bps
        ).stop_reason

    assert "“b” authorizes -4." in stop_reason(0)
    assert stop_reason(300) == ""


def test_several_comparisons_share_one_confidence() -> None:
    assert round(shared_confidence(0.95, 4), 4) == 0.9875
    reference, other = Count(2_000, 1_800), Count(2_000, 1_730)
    two = judge(
        [("a", reference), ("b", other)], confidence_bps=9_500, minimum_difference_bps=300, guardrail_bps=0
    )
    five = judge(
        [("a", reference), *((name, other) for name in "bcde")],
        confidence_bps=9_500,
        minimum_difference_bps=300,
        guardrail_bps=0,
    )

    assert two.arms[1].bounds is not None and five.arms[1].bounds is not None
    assert five.arms[1].bounds.low < two.arms[1].bounds.low
