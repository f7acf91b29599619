"""Nobody refunds money that a dispute already took: over every exit, and only while it is so."""

from __future__ import annotations

import pytest

from foundation.ids import new_id
from foundation.money import Money
from payments.errors import ChargeDisputed
from payments.models import Refund, RefundStatus
from payments.operations.execute_refund import execute_refund
from payments.operations.request_refund import request_refund
from payments.queries.payment_intents import available_to_refund
from tests.factories.dispute_news import Claim
from tests.factories.later import look_after
from tests.factories.shop import Shop


@pytest.fixture
def claim(shop: Shop) -> Claim:
    return Claim(shop, shop.pays(1_000))


def _bring_to(claim: Claim, status: str) -> None:
    if status.startswith("warning"):
        claim.hears(
            claim.says("warning_needs_response", stage="inquiry"), claim.says(status, stage="inquiry")
        )
        return
    claim.hears(claim.takes().says("needs_response"))
    if status == "won":
        claim.returns()
    claim.hears(claim.says(status))


@pytest.mark.parametrize("status", ["needs_response", "under_review", "lost"])
def test_case_g1_refund_is_refused_and_nothing_moves(shop: Shop, claim: Claim, status: str) -> None:
    _bring_to(claim, status)
    before = shop.footprint()

    with pytest.raises(ChargeDisputed):
        shop.gives_back(claim.intent, 100)

    assert shop.footprint() == before


@pytest.mark.parametrize(
    "status", ["won", "warning_needs_response", "warning_under_review", "warning_closed"]
)
def test_case_g1_refund_is_allowed(shop: Shop, claim: Claim, status: str) -> None:
    _bring_to(claim, status)

    refund = shop.gives_back(claim.intent, 1_000)

    assert refund.status == RefundStatus.SUCCEEDED


def test_what_is_not_disputed_can_still_be_refunded(shop: Shop, claim: Claim) -> None:
    claim.amount = 400
    claim.hears(claim.takes().says("needs_response"))

    assert available_to_refund(shop.attempt(claim.intent)) == Money(600, "usd")
    with pytest.raises(ChargeDisputed):
        shop.gives_back(claim.intent, 601)
    assert shop.gives_back(claim.intent, 600).status == RefundStatus.SUCCEEDED


def test_two_disputes_of_one_charge_hold_both_their_parts(shop: Shop, claim: Claim) -> None:
    claim.amount = 400
    claim.hears(claim.takes().says("needs_response"))
    other = Claim(shop, claim.intent, amount=500)

    other.hears(other.takes().says("needs_response"))

    assert available_to_refund(shop.attempt(claim.intent)) == Money(100, "usd")


def test_refund_that_was_promised_and_not_sent_fails_as_the_dispute_lands(shop: Shop, claim: Claim) -> None:
    refund = request_refund(
        merchant_id=shop.id, payment_intent_id=claim.intent.id, refund_id=new_id(), amount=Money(300, "usd")
    )

    claim.hears(claim.takes().says("needs_response"))
    execute_refund(merchant_id=shop.id, refund_id=refund.id)

    failed = shop.fresh(refund)
    assert (failed.status, failed.failure_reason) == ("failed", "charge_for_pending_refund_disputed")
    assert shop.psp.refunds() == 0
    assert "refund.failed" in shop.events()


def test_refund_that_never_arrived_is_not_sent_again_once_the_charge_is_disputed(
    shop: Shop, claim: Claim
) -> None:
    shop.psp.fails("status_429", operation="refund")
    refund = shop.gives_back(claim.intent, 300)
    assert refund.status != RefundStatus.SUCCEEDED

    claim.hears(claim.takes().says("needs_response"))
    shop.psp.heals()
    for seconds in (70, 700, 7_200):
        look_after(seconds)

    assert Refund.objects.for_merchant(shop.id).get().status == RefundStatus.FAILED
    assert shop.psp.refunds() == 0
