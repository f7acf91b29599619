"""How disputes end, and what fighting is worth."""

from __future__ import annotations

from datetime import timedelta
from fractions import Fraction

from disputes.queries.outcomes import (
    Outcome,
    list_outcomes,
    recovered,
    value_of_fighting,
    win_probability,
)
from foundation import clock
from foundation.money import Money
from tests.factories.dispute_news import Claim
from tests.factories.shop import Shop


def _ended(shop: Shop, status: str, *, fought: bool = True) -> None:
    claim = Claim(shop, shop.pays(1_000))
    claim.hears(claim.takes().says("needs_response"))
    if status == "won":
        claim.returns()
    claim.hears(claim.says(status, submission_count=1 if fought else 0))


def test_win_rate_is_of_those_fought(shop: Shop) -> None:
    for status, fought in (("won", True), ("won", True), ("lost", True), ("lost", False)):
        _ended(shop, status, fought=fought)
    now = clock.now()

    outcomes = list_outcomes(
        merchant_ids=[shop.id], by="reason", start=now - timedelta(days=1), end=now + timedelta(days=1)
    )

    assert outcomes == [Outcome("fraudulent", fought=3, won=2, unanswered=0, closed=4)]
    assert outcomes[0].win_rate_bps == 6_666
    assert recovered(merchant_id=shop.id, start=now - timedelta(days=1), end=now + timedelta(days=1)) == {
        "usd": Money(2 * 1_000 - 4 * 1_500, "usd")
    }


def test_probability_starts_at_a_third_and_learns(shop: Shop) -> None:
    claim = Claim(shop, shop.pays(1_000))
    dispute = claim.hears(claim.takes().says("needs_response"))
    assert win_probability(dispute) == Fraction(1, 3)

    _ended(shop, "won")

    assert win_probability(dispute) == Fraction(1, 2)


def test_value_of_fighting_counts_the_fee_of_losing() -> None:
    assert value_of_fighting(Money(1_000, "usd"), Fraction(1, 4), Money(1_500, "usd")) == Money(-875, "usd")
    assert value_of_fighting(Money(10_000, "usd"), Fraction(1, 2), Money(0, "usd")) == Money(5_000, "usd")
