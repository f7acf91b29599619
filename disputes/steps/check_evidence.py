"""The limits of evidence, checked by content: what the networks would refuse is refused here, before it is sent."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from disputes.errors import EvidenceTooLarge
from disputes.evidence_fields import FILE_FIELDS, TEXT_FIELDS
from disputes.evidence_limits import MAX_ALL_CHARACTERS, MAX_FIELD_CHARACTERS, MAX_FILE_BYTES, most_pages
from disputes.models import Dispute, EvidenceFile
from foundation.ids import decode_id
from foundation.transactions import joins_transaction


@joins_transaction
def refuse_unless_within_limits(dispute: Dispute, evidence: Mapping[str, Any]) -> None:
    """Raises EvidenceTooLarge, which names the field or the sum that is too large."""
    total = 0
    for name in TEXT_FIELDS:
        length = len(evidence.get(name) or "")
        total += length
        if length > MAX_FIELD_CHARACTERS:
            raise EvidenceTooLarge(
                f"{name} has {length} characters; a field has at most {MAX_FIELD_CHARACTERS}.",
                param=f"evidence[{name}]",
            )
    if total > MAX_ALL_CHARACTERS:
        raise EvidenceTooLarge(
            f"The texts have {total} characters together; at most {MAX_ALL_CHARACTERS} are taken.",
            param="evidence",
        )
    _refuse_large_files(dispute, evidence)


def _refuse_large_files(dispute: Dispute, evidence: Mapping[str, Any]) -> None:
    ids = [decode_id("file", evidence[name]) for name in FILE_FIELDS if evidence.get(name)]
    sizes = EvidenceFile.objects.for_merchant(dispute.merchant_id).filter(pk__in=ids)
    files = list(sizes.values_list("size", "page_count"))
    size, pages = sum(size for size, _ in files), sum(pages for _, pages in files)
    if size > MAX_FILE_BYTES:
        raise EvidenceTooLarge(
            f"The files have {size} bytes together; at most {MAX_FILE_BYTES} are taken.", param="evidence"
        )
    most = most_pages(dispute.network)
    if pages > most:
        raise EvidenceTooLarge(
            f"The files have {pages} pages together; {dispute.network or 'the network'} takes {most}.",
            param="evidence",
        )
