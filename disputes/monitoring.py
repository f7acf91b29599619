"""The networks' monitoring programs: rates, thresholds, warnings and the month's forecast. Pure: counts in.

Source: design page disputes.md, after docs.stripe.com/disputes/monitoring-programs. Wins do not lower a rate; what was
prevented is not in the counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

BPS = 10_000
WARN_AT_BPS = (5_000, 7_500, 9_000)
"""Shares of a threshold at which people are warned: 50, 75 and 90 %."""

VAMP_COUNT, VAMP_RATE_BPS = 1_500, 150
VAMP_CEMEA_COUNT, VAMP_CEMEA_RATE_BPS = 150, 220
ENUMERATION_COUNT, ENUMERATION_RATE_BPS = 300_000, 2_000
ECM_COUNT, ECM_RATE_BPS = 100, 150
HECM_COUNT, HECM_RATE_BPS = 300, 300


@dataclass(frozen=True, slots=True)
class Threshold:
    """Both must be reached."""

    name: str
    count: int
    rate_bps: int


@dataclass(frozen=True, slots=True)
class Reading:
    """count over base in basis points (exact); reached: the highest threshold that is reached, empty for none;
    warned_at_bps: the highest share of the next threshold that is passed, 0 for none."""

    program: str
    count: int
    base: int
    thresholds: tuple[Threshold, ...]
    rate_bps: Fraction
    reached: str
    next_threshold: Threshold | None
    warned_at_bps: int


def visa_vamp(*, fraud_reports: int, disputes: int, captured: int, is_cemea: bool = False) -> Reading:
    """Fraud reports and disputes of a month over the captured payments of the same month."""
    excessive = (
        Threshold("excessive", VAMP_CEMEA_COUNT, VAMP_CEMEA_RATE_BPS)
        if is_cemea
        else Threshold("excessive", VAMP_COUNT, VAMP_RATE_BPS)
    )
    return _read("visa_vamp", fraud_reports + disputes, captured, [excessive])


def visa_enumeration(*, enumerated: int, authorizations: int) -> Reading:
    """Authorizations that look like card testing over all authorizations of the month; the same in every region."""
    return _read(
        "visa_enumeration",
        enumerated,
        authorizations,
        [Threshold("excessive", ENUMERATION_COUNT, ENUMERATION_RATE_BPS)],
    )


def mastercard_ecp(*, chargebacks: int, captured_month_before: int) -> Reading:
    """Chargebacks of a month over the captured payments of the month before."""
    levels = [Threshold("ecm", ECM_COUNT, ECM_RATE_BPS), Threshold("hecm", HECM_COUNT, HECM_RATE_BPS)]
    return _read("mastercard_ecp", chargebacks, captured_month_before, levels)


def is_of_cemea(reading: Reading) -> bool:
    """Whether it was read against the thresholds of Visa's region CEMEA."""
    return any(
        one.count == VAMP_CEMEA_COUNT and one.rate_bps == VAMP_CEMEA_RATE_BPS for one in reading.thresholds
    )


def projected(count: int, *, days_gone: Fraction, days_in_month: int) -> int:
    """The count at the month's end if it goes on as it went, rounded up; days_gone may hold a part of today."""
    if days_gone <= 0:
        return count
    exact = Fraction(count * days_in_month) / days_gone
    return -(-exact.numerator // exact.denominator)


def _read(program: str, count: int, base: int, levels: list[Threshold]) -> Reading:
    rate = Fraction(count * BPS, base) if base else Fraction(0)
    reached = [level for level in levels if count >= level.count and rate >= level.rate_bps]
    ahead = [level for level in levels if level not in reached]
    following = ahead[0] if ahead else None
    return Reading(
        program,
        count,
        base,
        tuple(levels),
        rate,
        reached[-1].name if reached else "",
        following,
        _warning(count, rate, following),
    )


def _warning(count: int, rate: Fraction, threshold: Threshold | None) -> int:
    """The nearer of the two conditions is no danger while the other is far: the smaller share counts."""
    if threshold is None:
        return 0
    share = min(Fraction(count * BPS, threshold.count), rate * BPS / threshold.rate_bps)
    return max((mark for mark in WARN_AT_BPS if share >= mark), default=0)
