"""Scores: narrow segments lean on wider ones, old outcomes fade, and plots draw what they are given."""

from __future__ import annotations

from foundation.ids import new_id
from payments.routing.facts import PaymentFacts
from payments.routing.plots import course_plot, interval_plot
from payments.routing.scores import HALF_LIFE_SECONDS, LEAN, START_RATE, Scores, Tally, decay
from payments.routing.statistics import Count, Interval

ACCOUNT = new_id()
FACTS = PaymentFacts(
    payment_id=new_id(), amount_minor=1, currency="usd", brand="visa", country="US", funding="credit"
)
OWN = ("usd", "visa", "US", "credit")
SISTER = ("usd", "mastercard", "US", "credit")


def rate(tallies: dict[tuple[str, str, str, str], Tally]) -> int:
    return (
        Scores({(ACCOUNT, segment): tally for segment, tally in tallies.items()}).of(ACCOUNT, FACTS).rate_bps
    )


def test_account_nobody_has_used_starts_like_every_other() -> None:
    assert rate({}) == round(START_RATE * 10_000)


def test_three_declines_are_no_judgement_and_three_thousand_are() -> None:
    assert rate({OWN: Tally(3, 0)}) > 7_500
    assert rate({OWN: Tally(3_000, 0)}) < 100


def test_segment_without_outcomes_of_its_own_leans_on_its_currency() -> None:
    bad_elsewhere = rate({SISTER: Tally(3_000, 1_500)})

    assert 5_000 < bad_elsewhere < 5_100


def test_segments_own_outcomes_outweigh_the_wider_ones() -> None:
    assert rate({SISTER: Tally(1_000, 500), OWN: Tally(1_000, 950)}) > 9_200


def test_equal_weight_at_as_many_outcomes_as_are_leant_on() -> None:
    whole = (0 + LEAN * START_RATE) / (2 * LEAN)
    currency = LEAN * whole / (2 * LEAN)

    assert rate({OWN: Tally(LEAN, 0)}) == round(currency / 2 * 10_000)


def test_outcome_weighs_half_after_each_half_life() -> None:
    assert [decay(age * HALF_LIFE_SECONDS) for age in (0, 1, 2)] == [1.0, 0.5, 0.25]
    assert decay(-5) == 1.0


def test_latency_is_the_mean_of_the_narrowest_segment_that_has_any() -> None:
    scores = Scores({(ACCOUNT, SISTER): Tally(10, 9, 5_000)})

    assert scores.of(ACCOUNT, FACTS).latency_ms == 500
    assert scores.of(new_id(), FACTS).latency_ms is None


def test_plots_stay_within_their_frame() -> None:
    course = course_plot(
        {"a": [(1, Count(1, 0)), (40, Count(1_000, 900))], "b": [(2, Count(5, 5)), (40, Count(1_000, 870))]},
        points=40,
        confidence=0.95,
    )
    differences = interval_plot([("b", 1, -0.03, Interval(-0.058, -0.002), "words")])

    assert course is not None and differences is not None
    for line in course.lines:
        for pair in (*line.points.split(), *line.band.split()):
            x, y = map(int, pair.split(","))
            assert 0 <= x <= course.width and 0 <= y <= course.bottom
    (row,) = differences.rows
    assert differences.left <= row.low < row.middle < row.high <= differences.right
    assert differences.mark is not None and row.high < differences.mark
    assert course_plot({"a": []}, points=40, confidence=0.95) is None
    assert interval_plot([]) is None
