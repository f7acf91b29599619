"""What an experiment's numbers prove, and how sure that is. Pure; nothing here reads a row.

Two kinds of interval, which must not be mixed up. Wilson's and Newcombe's are right for one look, planned before it:
they are what a report shows. Whoever looks every minute and stops at the first good moment needs bounds that hold at
all looks together: these are the sequential ones (a normal mixture, Robbins 1970; Johari et al., "Always valid
inference", 2015), wider, and the only ones that may stop anything.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from statistics import NormalDist

FEWEST = 100
"""Of each arm, before a difference is judged at all: the bounds lean on the normal shape of a mean."""


@dataclass(frozen=True, slots=True)
class Interval:
    low: float
    high: float

    def contains(self, value: float) -> bool:
        return self.low <= value <= self.high


@dataclass(frozen=True, slots=True)
class Count:
    """Authorized of tried."""

    tried: int
    authorized: int

    @property
    def rate(self) -> float:
        return self.authorized / self.tried if self.tried else 0.0


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean with the spread of what it is of."""

    count: int
    total: float
    total_of_squares: float

    @property
    def value(self) -> float | None:
        return self.total / self.count if self.count else None


def z_of(confidence: float) -> float:
    """How many standard deviations a two-sided interval of that confidence reaches."""
    return NormalDist().inv_cdf(0.5 + confidence / 2)


def wilson(count: Count, confidence: float) -> Interval:
    """The interval of a rate (Wilson 1927): right for small counts and rates near 0 and 1."""
    if not count.tried:
        return Interval(0.0, 1.0)
    z, n, p = z_of(confidence), count.tried, count.rate
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    reach = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    # At the ends the exact value is 0 or 1; the sum above misses it by a rounding.
    low = 0.0 if count.authorized == 0 else max(0.0, middle - reach)
    high = 1.0 if count.authorized == n else min(1.0, middle + reach)
    return Interval(low, high)


def newcombe(arm: Count, reference: Count, confidence: float) -> Interval:
    """The interval of arm minus reference (Newcombe 1998, method 10): from the two Wilson intervals."""
    one, other = wilson(arm, confidence), wilson(reference, confidence)
    difference = arm.rate - reference.rate
    low = difference - math.hypot(arm.rate - one.low, other.high - reference.rate)
    high = difference + math.hypot(one.high - arm.rate, reference.rate - other.low)
    return Interval(max(-1.0, low), min(1.0, high))


def mean_interval(mean: Mean, confidence: float) -> Interval | None:
    """Of a mean, by the normal shape of many; None for fewer than two."""
    if mean.count < 2 or mean.value is None:
        return None
    variance = (mean.total_of_squares - mean.count * mean.value**2) / (mean.count - 1)
    reach = z_of(confidence) * math.sqrt(max(variance, 0.0) / mean.count)
    return Interval(mean.value - reach, mean.value + reach)


def sample_size(rate: float, difference: float, *, confidence: float, power: float = 0.8) -> int:
    """How many of each of two equal arms find the difference, with that power, in one planned look.

    rate: of the reference. difference: of the smallest effect worth finding, positive."""
    other = min(max(rate - difference, 0.0), 1.0)
    middle = (rate + other) / 2
    reach = z_of(confidence) * math.sqrt(2 * middle * (1 - middle))
    reach += NormalDist().inv_cdf(power) * math.sqrt(rate * (1 - rate) + other * (1 - other))
    return max(FEWEST, math.ceil((reach / difference) ** 2))


def sequential(arm: Count, reference: Count, confidence: float, *, expected: float) -> Interval | None:
    """Bounds of arm minus reference that hold at every look together; None while there are too few of either.

    expected: the difference that is looked for; it tunes how soon the bounds are narrow, never whether they hold."""
    if min(arm.tried, reference.tried) < FEWEST:
        return None
    # One success and one failure more on each side: a rate of exactly 0 or 1 has a spread as well.
    variance = sum(
        (count.authorized + 1) * (count.tried - count.authorized + 1) / ((count.tried + 2) ** 2 * count.tried)
        for count in (arm, reference)
    )
    mixture = expected * expected
    spread = (variance + mixture) / mixture
    reach = math.sqrt(
        variance * spread * (2 * math.log(1 / (1 - confidence)) + math.log(1 + mixture / variance))
    )
    difference = arm.rate - reference.rate
    return Interval(difference - reach, difference + reach)


def shared_confidence(confidence: float, comparisons: int) -> float:
    """The confidence of each of several comparisons that together keep the whole (Bonferroni)."""
    return 1 - (1 - confidence) / max(comparisons, 1)
