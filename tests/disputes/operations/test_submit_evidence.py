"""A submission keeps the very pack that was looked at; what the order itself may and may not: test_orders."""

from __future__ import annotations

import pytest
from django.db import DatabaseError, transaction

from disputes.errors import DisputeAnswered, DisputeChanged
from disputes.models import Dispute, DisputeOrder, EvidenceFile
from disputes.operations.accept_dispute import accept_dispute
from disputes.operations.stage_evidence import stage_evidence
from disputes.operations.submit_evidence import submit_evidence
from disputes.queries.packing import read_pack
from foundation.ids import new_id
from tests.factories.dispute_news import Claim
from tests.factories.shop import Shop


@pytest.fixture
def staged(shop: Shop) -> Dispute:
    claim = Claim(shop, shop.pays(1_000))
    dispute = claim.hears(claim.takes().says("needs_response"))
    return stage_evidence(
        merchant_id=shop.id, dispute_id=dispute.id, evidence={"uncategorized_text": "We delivered."}
    )


def _submit(dispute: Dispute, **seen: object) -> DisputeOrder:
    return submit_evidence(
        merchant_id=dispute.merchant_id, dispute_id=dispute.id, **{"order_id": new_id(), **seen}
    )


def test_pack_is_kept_with_the_bytes_and_the_hash_of_its_preview(staged: Dispute) -> None:
    preview = read_pack(staged, staged.evidence)

    order = _submit(staged, expected_version=staged.version, expected_pack_sha256=preview.sha256)

    kept = order.pack
    assert kept is not None
    assert (bytes(kept.content), kept.sha256) == (preview.content, preview.sha256)
    assert (kept.size, kept.page_count, kept.content_type) == (len(preview.content), 1, "application/pdf")
    assert kept.filename == f"{staged.public_id}.pdf"
    assert order.evidence == {"uncategorized_text": "We delivered."}


def test_kept_pack_never_changes(staged: Dispute) -> None:
    _submit(staged)

    with pytest.raises(DatabaseError, match=r"append-only|permission denied"), transaction.atomic():
        EvidenceFile.across_merchants.update(content=b"another")


def test_same_order_id_twice_is_one_order_with_one_pack(shop: Shop, staged: Dispute) -> None:
    order_id = new_id()
    first = _submit(staged, order_id=order_id)
    footprint = shop.footprint()

    second = _submit(staged, order_id=order_id)

    assert second.id == first.id
    assert EvidenceFile.across_merchants.count() == 1
    assert shop.footprint() == footprint


@pytest.mark.parametrize("seen", [{"expected_version": 0}, {"expected_pack_sha256": "ab" * 32}], ids=str)
def test_what_was_not_looked_at_is_not_sent_and_leaves_no_trace(
    shop: Shop, staged: Dispute, seen: dict[str, object]
) -> None:
    footprint = shop.footprint()

    with pytest.raises(DisputeChanged):
        _submit(staged, **seen)

    assert (DisputeOrder.across_merchants.count(), EvidenceFile.across_merchants.count()) == (0, 0)
    assert shop.footprint() == footprint


def test_second_answer_is_told_of_the_first_though_the_dispute_has_changed(
    shop: Shop, staged: Dispute
) -> None:
    accept_dispute(merchant_id=shop.id, dispute_id=staged.id, order_id=new_id())

    with pytest.raises(DisputeAnswered, match=r"\(accept the dispute\): it can be answered once"):
        _submit(staged, expected_version=staged.version)

    assert EvidenceFile.across_merchants.count() == 0
