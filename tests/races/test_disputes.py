"""Two at once on one dispute: one wins, the other finds it done or is told why."""

from __future__ import annotations

from typing import Any

import pytest

from disputes.errors import DisputeAnswered
from disputes.models import Dispute, DisputeFundMovement, DisputeOrder
from disputes.operations.accept_dispute import accept_dispute
from disputes.operations.submit_evidence import submit_evidence
from foundation.ids import new_id
from payments.errors import ChargeDisputed
from tests.factories.dispute_news import Claim, figures
from tests.factories.shop import open_shop
from tests.races.together import together

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def claim(transactional_db: None, psp: Any) -> Claim:
    shop = open_shop(psp)
    return Claim(shop, shop.pays(1_000))


def test_case_g13_two_workers_book_the_same_dispute_once(claim: Claim) -> None:
    news = claim.takes().says("needs_response")

    together([lambda: claim.hears(news)] * 4)

    assert Dispute.objects.for_merchant(claim.shop.id).count() == 1
    assert DisputeFundMovement.objects.for_merchant(claim.shop.id).count() == 1
    assert figures(claim.shop)["disputed"] == 1_000
    assert claim.shop.events().count("charge.dispute.created") == 1


def test_accepting_against_submitting_has_one_winner(claim: Claim) -> None:
    dispute = _staged(claim)

    outcomes = together(
        [
            lambda: accept_dispute(merchant_id=claim.shop.id, dispute_id=dispute.id, order_id=new_id()),
            lambda: submit_evidence(merchant_id=claim.shop.id, dispute_id=dispute.id, order_id=new_id()),
        ]
    )

    assert sum(isinstance(outcome, DisputeAnswered) for outcome in outcomes) == 1
    assert DisputeOrder.objects.for_merchant(claim.shop.id).count() == 1


def test_two_submissions_have_one_winner(claim: Claim) -> None:
    dispute = _staged(claim)

    outcomes = together(
        [lambda: submit_evidence(merchant_id=claim.shop.id, dispute_id=dispute.id, order_id=new_id())] * 3
    )

    assert sum(isinstance(outcome, DisputeAnswered) for outcome in outcomes) == 2
    assert DisputeOrder.objects.for_merchant(claim.shop.id).count() == 1


def test_refund_against_dispute_never_pays_twice(claim: Claim) -> None:
    news = claim.takes().says("needs_response")

    outcomes = together([lambda: claim.shop.gives_back(claim.intent, 1_000), lambda: claim.hears(news)])

    refunded = claim.shop.psp.refunds()
    refused = sum(isinstance(outcome, ChargeDisputed) for outcome in outcomes)
    assert (refunded, refused) in ((1, 0), (0, 1), (0, 0))
    assert figures(claim.shop)["disputed"] == 1_000


def _staged(claim: Claim) -> Dispute:
    dispute = claim.hears(claim.takes().says("needs_response"))
    dispute.evidence = {"uncategorized_text": "winning_evidence"}
    dispute.save(update_fields=["evidence"])
    return dispute
