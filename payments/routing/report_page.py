"""What the page of an experiment says, in words and plots. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from payments.routing.plots import Plot, course_plot, interval_plot
from payments.routing.results import ArmReport, ArmResult, report
from payments.routing.statistics import Count, Interval, sample_size
from payments.routing.verdicts import BPS, points

USUAL_RATE = 0.90
"""What the sample size is reckoned with before the reference arm has outcomes of its own."""
ENOUGH_FOR_A_RATE = 100
WORDS = {"better": "proven better", "worse": "proven worse", "open": "no difference proven"}


@dataclass(frozen=True, slots=True)
class ArmLine:
    """One arm as a row of the table; every cell is text."""

    name: str
    number: int
    tried: int
    rate: str
    difference: str
    verdict: str
    cost: str
    latency: str
    unsent: int
    undecided: int


@dataclass(frozen=True, slots=True)
class ReportPage:
    """needed: outcomes of each arm that a planned look needs. course, differences: None while there is nothing."""

    arms: tuple[ArmLine, ...]
    needed: int
    reached: str
    confidence: str
    course: Plot | None
    differences: Plot | None


def report_page(
    results: Sequence[ArmResult],
    course: Mapping[str, Sequence[tuple[int, Count]]],
    *,
    course_points: int,
    confidence_bps: int,
    minimum_difference_bps: int,
    guardrail_bps: int,
) -> ReportPage:
    _, arms = report(
        results,
        confidence_bps=confidence_bps,
        minimum_difference_bps=minimum_difference_bps,
        guardrail_bps=guardrail_bps,
    )
    reference = results[0].outcomes
    rate = reference.rate if reference.tried >= ENOUGH_FOR_A_RATE else USUAL_RATE
    needed = sample_size(rate, minimum_difference_bps / BPS, confidence=confidence_bps / BPS)
    fewest = min(result.outcomes.tried for result in results)
    return ReportPage(
        arms=tuple(_line(arm, number) for number, arm in enumerate(arms)),
        needed=needed,
        reached=f"{min(100, 100 * fewest // needed)} %",
        confidence=f"{confidence_bps / 100:g} %",
        course=course_plot(course, points=course_points, confidence=confidence_bps / BPS),
        differences=interval_plot(
            [_difference(arm, number, reference) for number, arm in enumerate(arms) if _compares(arm)]
        ),
    )


def _compares(arm: ArmReport) -> bool:
    return arm.verdict.difference is not None and arm.result.outcomes.tried > 0


def _difference(arm: ArmReport, number: int, reference: Count) -> tuple[str, int, float, Interval, str]:
    interval = arm.verdict.difference or Interval(0.0, 0.0)
    words = f"{points(interval.low)} to {points(interval.high)} points"
    return arm.result.name, number, arm.result.outcomes.rate - reference.rate, interval, words


def _line(arm: ArmReport, number: int) -> ArmLine:
    result, verdict = arm.result, arm.verdict
    rate = (
        f"{100 * result.outcomes.rate:.1f} % ({100 * verdict.rate.low:.1f} to {100 * verdict.rate.high:.1f})"
    )
    difference = verdict.difference
    return ArmLine(
        name=result.name,
        number=number,
        tried=result.outcomes.tried,
        rate=rate if result.outcomes.tried else "–",
        difference=(
            f"{points(difference.low)} to {points(difference.high)} points"
            if difference is not None
            else "reference"
        ),
        verdict="reference" if difference is None else WORDS[verdict.word],
        cost=_mean(result.cost_bps.value, arm.cost, "bps"),
        latency=_mean(result.latency_ms.value, arm.latency, "ms")
        + (f", 95th percentile {result.latency_p95_ms:.0f} ms" if result.latency_p95_ms is not None else ""),
        unsent=result.unsent,
        undecided=result.undecided,
    )


def _mean(value: float | None, interval: Interval | None, unit: str) -> str:
    if value is None:
        return "–"
    around = f" ({interval.low:.0f} to {interval.high:.0f})" if interval is not None else ""
    return f"{value:.0f}{around} {unit}"
