"""What was seen of an experiment's arms, and the same with its intervals, ready to be shown. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from payments.routing.statistics import Count, Interval, Mean, mean_interval
from payments.routing.verdicts import BPS, ArmVerdict, Verdict, judge


@dataclass(frozen=True, slots=True)
class ArmResult:
    """outcomes: of those decided by an issuer. unsent: the PSP was not reached. undecided: not known yet.
    cost_bps: over the authorized. latency_ms: over all calls, with the 95th percentile."""

    name: str
    outcomes: Count
    unsent: int
    undecided: int
    cost_bps: Mean
    latency_ms: Mean
    latency_p95_ms: float | None


@dataclass(frozen=True, slots=True)
class ArmReport:
    """An arm with its verdict, and the intervals of its cost and latency for this one look."""

    result: ArmResult
    verdict: ArmVerdict
    cost: Interval | None
    latency: Interval | None


def report(
    results: Sequence[ArmResult], *, confidence_bps: int, minimum_difference_bps: int, guardrail_bps: int
) -> tuple[Verdict, list[ArmReport]]:
    """results: the reference first."""
    verdict = judge(
        [(result.name, result.outcomes) for result in results],
        confidence_bps=confidence_bps,
        minimum_difference_bps=minimum_difference_bps,
        guardrail_bps=guardrail_bps,
    )
    confidence = confidence_bps / BPS
    return verdict, [
        ArmReport(
            result,
            arm,
            mean_interval(result.cost_bps, confidence),
            mean_interval(result.latency_ms, confidence),
        )
        for result, arm in zip(results, verdict.arms, strict=True)
    ]


def arm_shape(arm: ArmReport) -> dict[str, Any]:
    """Whole basis points and milliseconds, as the API shows them."""
    result, verdict = arm.result, arm.verdict
    return {
        "object": "routing.arm_result",
        "name": result.name,
        "tried": result.outcomes.tried,
        "authorized": result.outcomes.authorized,
        "unsent": result.unsent,
        "undecided": result.undecided,
        "authorization_bps": round(result.outcomes.rate * BPS) if result.outcomes.tried else None,
        "authorization_interval_bps": _whole(verdict.rate, BPS),
        "difference_interval_bps": _whole(verdict.difference, BPS),
        "sequential_bounds_bps": _whole(verdict.bounds, BPS),
        "verdict": verdict.word,
        "cost_bps": _rounded(result.cost_bps.value),
        "cost_interval_bps": _whole(arm.cost, 1),
        "latency_ms": _rounded(result.latency_ms.value),
        "latency_interval_ms": _whole(arm.latency, 1),
    }


def _rounded(value: float | None) -> int | None:
    return None if value is None else round(value)


def _whole(interval: Interval | None, scale: int) -> dict[str, int] | None:
    if interval is None:
        return None
    return {"low": round(interval.low * scale), "high": round(interval.high * scale)}
