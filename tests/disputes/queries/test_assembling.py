"""Assembly, standing and pack read from rows."""

from __future__ import annotations

import io
from datetime import timedelta

from pypdf import PdfReader

from disputes.models import ShopPolicy
from disputes.queries.assembling import fill_evidence, read_standing
from disputes.queries.packing import read_pack
from foundation import clock
from payments.models import PaymentAttempt
from tests.factories.dispute_news import Claim
from tests.factories.shop import Shop


def _paid(shop: Shop, *, days_ago: int = 0, **metadata: str):  # type: ignore[no-untyped-def]
    intent = shop.pays(1_000, metadata=metadata)
    attempt = shop.attempt(intent)
    PaymentAttempt.objects.for_merchant(shop.id).filter(pk=attempt.pk).update(
        created_at=clock.now() - timedelta(days=days_ago)
    )
    return intent


def test_policy_in_force_on_the_day_of_the_purchase_is_disclosed(shop: Shop) -> None:
    now = clock.now()
    for days_ago, text in ((300, "Old."), (100, "Then."), (1, "Now.")):
        ShopPolicy.objects.for_merchant(shop.id).create(
            merchant_id=shop.id, kind="refund", text=text, in_force_from=now - timedelta(days=days_ago)
        )
    claim = Claim(shop, _paid(shop, days_ago=50))
    dispute = claim.hears(claim.takes().says("needs_response"))

    assert fill_evidence(dispute)["refund_policy_disclosure"] == "Then."


def test_two_earlier_charges_from_the_same_address_qualify(shop: Shop) -> None:
    facts = {"customer_purchase_ip": "203.0.113.7", "customer_device_id": "d1"}
    for days_ago in (150, 200):
        _paid(shop, days_ago=days_ago, **facts)
    claim = Claim(shop, _paid(shop, **facts))
    dispute = claim.hears(claim.takes().says("needs_response"))

    standing = read_standing(dispute)

    assert standing.status == "requires_action"
    assert standing.required_actions == ("missing_prior_undisputed_transaction_description",)
    assert len(standing.charges) == 2


def test_pack_says_what_is_staged_and_is_stable(shop: Shop) -> None:
    claim = Claim(shop, _paid(shop))
    dispute = claim.hears(claim.takes().says("needs_response"))
    evidence = {"uncategorized_text": "We delivered."}

    pack = read_pack(dispute, evidence)

    assert pack == read_pack(dispute, evidence)
    text = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pack.content)).pages)
    assert dispute.public_id in text
    assert "We delivered." in text
