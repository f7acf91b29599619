"""Monitoring programs of the networks."""

from __future__ import annotations

from fractions import Fraction

import pytest

from disputes.monitoring import mastercard_ecp, projected, visa_enumeration, visa_vamp


@pytest.mark.parametrize(
    ("count", "captured", "reached"),
    [
        (99, 5_000, ""),
        (100, 6_667, ""),
        (100, 6_666, "ecm"),
        (299, 9_000, "ecm"),
        (300, 10_000, "hecm"),
        (300, 10_001, "ecm"),
        (100, 0, ""),
    ],
)
def test_case_g19_mastercard_counts_over_the_month_before(count: int, captured: int, reached: str) -> None:
    assert mastercard_ecp(chargebacks=count, captured_month_before=captured).reached == reached


@pytest.mark.parametrize(
    ("count", "all_", "reached"),
    [(300_000, 1_500_000, "excessive"), (299_999, 1_000_000, ""), (300_000, 1_500_001, "")],
)
def test_case_g21_enumeration_needs_both(count: int, all_: int, reached: str) -> None:
    assert visa_enumeration(enumerated=count, authorizations=all_).reached == reached


def test_vamp_adds_fraud_reports_and_disputes_over_the_same_month() -> None:
    reading = visa_vamp(fraud_reports=700, disputes=800, captured=100_000)

    assert (reading.count, reading.rate_bps, reading.reached) == (1_500, Fraction(150), "excessive")
    assert visa_vamp(fraud_reports=700, disputes=799, captured=99_000).reached == ""
    assert visa_vamp(fraud_reports=0, disputes=150, captured=6_800, is_cemea=True).reached == "excessive"


@pytest.mark.parametrize(
    ("disputes", "warned"), [(749, 0), (750, 5_000), (1_125, 7_500), (1_350, 9_000), (1_500, 0)]
)
def test_warnings_rise_at_half_three_quarters_and_nine_tenths(disputes: int, warned: int) -> None:
    assert visa_vamp(fraud_reports=0, disputes=disputes, captured=50_000).warned_at_bps == warned


def test_few_disputes_at_a_high_rate_are_no_warning() -> None:
    assert visa_vamp(fraud_reports=0, disputes=10, captured=100).warned_at_bps == 0


def test_projection_goes_on_as_it_went_and_rounds_up() -> None:
    assert projected(10, days_gone=Fraction(7), days_in_month=30) == 43
    assert projected(0, days_gone=Fraction(7), days_in_month=30) == 0
    assert projected(5, days_gone=Fraction(0), days_in_month=30) == 5
