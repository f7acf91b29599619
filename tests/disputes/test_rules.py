"""What a policy lets the machine decide."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from disputes.rules import AcceptanceFacts, may_accept_by_rule, may_refund_warned
from foundation.money import Money

FACTS = AcceptanceFacts(
    amount=Money(1_000, "usd"),
    status="needs_response",
    limit=Money(2_500, "usd"),
    rate=None,
    balance=Money(100_000, "usd"),
    has_alert=False,
    was_touched=False,
)


@pytest.mark.parametrize(
    ("changes", "applies"),
    [
        ({}, True),
        ({"amount": Money(2_500, "usd")}, False),
        ({"amount": Money(3_000, "jpy"), "rate": Fraction("0.0065")}, True),
        ({"amount": Money(5_000, "jpy"), "rate": Fraction("0.0065")}, False),
        ({"amount": Money(3_000, "jpy")}, False),
        ({"limit": None}, False),
        ({"balance": Money(500, "usd")}, False),
        ({"has_alert": True}, False),
        ({"status": "under_review"}, False),
        ({"status": "warning_needs_response"}, False),
        ({"was_touched": True}, False),
    ],
)
def test_case_g9_auto_acceptance(changes: dict[str, object], applies: bool) -> None:
    ruling = may_accept_by_rule(replace(FACTS, **changes))

    assert ruling.applies is applies
    assert ruling.because.endswith(".")


@pytest.mark.parametrize(("charge", "applies"), [(2_025, True), (2_026, False), (1, True)])
def test_warned_charge_is_refunded_up_to_1_35_times_the_dispute_fee(charge: int, applies: bool) -> None:
    assert may_refund_warned(Money(charge, "usd"), Money(1_500, "usd")).applies is applies


def test_warned_charge_in_another_currency_than_the_fee_is_left_to_people() -> None:
    assert not may_refund_warned(Money(1, "jpy"), Money(1_500, "usd")).applies
