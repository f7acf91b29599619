"""The verdict on an experiment: of each arm against the first one, and whether it must stop. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from payments.routing.statistics import Count, Interval, newcombe, sequential, shared_confidence, wilson

BPS = 10_000


@dataclass(frozen=True, slots=True)
class ArmVerdict:
    """rate, difference: intervals for this one look. bounds: of the difference, at all looks together; None while
    there is too little. word: better, worse, or open. The first arm has no difference."""

    name: str
    outcomes: Count
    rate: Interval
    difference: Interval | None = None
    bounds: Interval | None = None
    word: str = "open"


@dataclass(frozen=True, slots=True)
class Verdict:
    """stop_reason: why the experiment must not go on; empty when it may."""

    arms: tuple[ArmVerdict, ...]
    stop_reason: str = ""

    def as_json(self) -> dict[str, Any]:
        return {"stop_reason": self.stop_reason, "arms": [_arm_as_json(arm) for arm in self.arms]}


def judge(
    outcomes: Sequence[tuple[str, Count]],
    *,
    confidence_bps: int,
    minimum_difference_bps: int,
    guardrail_bps: int,
) -> Verdict:
    """outcomes: by arm, the reference first. An arm is better or worse when its bounds leave out zero, and breaks the
    guardrail when all of them lie below it. With several arms each comparison is held to a stricter measure."""
    (first, reference), *others = outcomes
    confidence = confidence_bps / BPS
    shared = shared_confidence(confidence, len(others))
    arms = [ArmVerdict(first, reference, wilson(reference, confidence))]
    stop_reason = ""
    for name, count in others:
        bounds = sequential(count, reference, shared, expected=max(minimum_difference_bps, 1) / BPS)
        arms.append(
            ArmVerdict(
                name,
                count,
                wilson(count, confidence),
                newcombe(count, reference, confidence),
                bounds,
                _word(bounds),
            )
        )
        if bounds is not None and bounds.high < -guardrail_bps / BPS and not stop_reason:
            stop_reason = (
                f"Guardrail: “{name}” authorizes {points(bounds.low)} to {points(bounds.high)} points against"
                f" “{first}”, with {confidence_bps / 100:g} % confidence at every look."
            )
    return Verdict(tuple(arms), stop_reason)


def points(share: float) -> str:
    """A difference of rates in percentage points, signed."""
    return f"{100 * share:+.1f}"


def _word(bounds: Interval | None) -> str:
    if bounds is None or bounds.contains(0.0):
        return "open"
    return "better" if bounds.low > 0 else "worse"


def _arm_as_json(arm: ArmVerdict) -> dict[str, Any]:
    return {
        "name": arm.name,
        "tried": arm.outcomes.tried,
        "authorized": arm.outcomes.authorized,
        "rate": _bps(arm.rate),
        "difference": _bps(arm.difference),
        "bounds": _bps(arm.bounds),
        "word": arm.word,
    }


def _bps(interval: Interval | None) -> Mapping[str, int] | None:
    if interval is None:
        return None
    return {"low_bps": round(interval.low * BPS), "high_bps": round(interval.high * BPS)}
