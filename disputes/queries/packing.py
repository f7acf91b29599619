"""The evidence pack of a dispute as it stands: what the agent previews and what a submission keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from disputes.evidence_fields import FILE_FIELDS, TEXT_FIELDS
from disputes.models import Dispute, EvidenceFile
from disputes.pack import Attachment, PackFacts, write_pack
from disputes.reason_codes import reason_code
from foundation.ids import decode_id
from payments.queries.purchases import read_purchase


def read_pack(dispute: Dispute, evidence: Mapping[str, Any]) -> bytes:
    """The PDF for this evidence: staged, or the copy of a submission. The same evidence gives the same bytes."""
    purchase = read_purchase(merchant_id=dispute.merchant_id, attempt_id=dispute.attempt_id)
    code = reason_code(dispute.network, dispute.network_reason_code, dispute.reason)
    facts = [
        ("Dispute", f"{dispute.public_id} ({dispute.psp_reference})"),
        (
            "Claim",
            f"{dispute.network} {dispute.network_reason_code} {code.category}".strip().replace("_", " "),
        ),
        ("Disputed", str(dispute.amount)),
        ("Charge", f"{purchase.charge}, {purchase.captured}, {purchase.made_at:%Y-%m-%d %H:%M} UTC"),
        ("Card", f"{purchase.brand} ending {purchase.last4}"),
    ]
    texts = [
        (name.replace("_", " ").capitalize(), evidence[name]) for name in TEXT_FIELDS if evidence.get(name)
    ]
    return write_pack(
        PackFacts(
            f"Answer to dispute {dispute.public_id}",
            code.claim,
            facts,
            texts,
            _attachments(dispute, evidence),
        )
    )


def _attachments(dispute: Dispute, evidence: Mapping[str, Any]) -> list[Attachment]:
    named = {field: decode_id("file", evidence[field]) for field in FILE_FIELDS if evidence.get(field)}
    files = (
        EvidenceFile.objects.for_merchant(dispute.merchant_id).defer("content").in_bulk(list(named.values()))
    )
    return [
        Attachment(field, files[file_id].filename, files[file_id].page_count, files[file_id].sha256)
        for field, file_id in named.items()
    ]
