"""What an order asks of the PSP: for the call itself, and for giving the same answer again."""

from __future__ import annotations

from disputes.evidence_fields import TEXT_FIELDS
from disputes.lifecycle import INQUIRY
from disputes.models import DisputeOrder, OrderKind
from disputes.queries.uploads import read_uploads
from payments.psp.disputes import AcceptRequest, EvidenceRequest


def request_of(order: DisputeOrder) -> AcceptRequest | EvidenceRequest:
    """The same order asks for the same: evidence and pack are its own copies, and the key is its name."""
    dispute = order.dispute
    if order.kind == OrderKind.ACCEPT:
        return AcceptRequest(psp_key=order.psp_key, psp_reference=dispute.psp_reference)
    return EvidenceRequest(
        psp_key=order.psp_key,
        psp_reference=dispute.psp_reference,
        reason=dispute.reason,
        network_reason_code=dispute.network_reason_code,
        texts={name: order.evidence[name] for name in TEXT_FIELDS if order.evidence.get(name)},
        files=read_uploads(order.merchant_id, order.evidence, pack_id=order.pack_id),
        has_pack=order.pack_id is not None,
        is_inquiry=order.stage == INQUIRY,
    )
