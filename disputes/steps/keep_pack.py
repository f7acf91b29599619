"""Keep the pack that goes with a submission: a file like any other, which never changes again."""

from __future__ import annotations

from disputes.file_content import PDF
from disputes.models import Dispute, EvidenceFile
from disputes.queries.packing import Pack
from foundation.context import current
from foundation.transactions import joins_transaction


@joins_transaction
def keep_pack(dispute: Dispute, pack: Pack) -> EvidenceFile | None:
    """None for a pack that does not go."""
    if not pack.goes:
        return None
    return EvidenceFile.objects.for_merchant(dispute.merchant_id).create(
        merchant_id=dispute.merchant_id,
        filename=f"{dispute.public_id}.pdf",
        content_type=PDF,
        size=len(pack.content),
        page_count=pack.page_count,
        sha256=pack.sha256,
        content=pack.content,
        uploaded_by=current().actor[:150],
    )
