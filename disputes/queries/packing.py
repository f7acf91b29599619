"""The evidence pack of a dispute as it stands: what the agent previews, and what a submission keeps and sends.

The pack goes to the PSP in the field that is free for anything (`uncategorized_file`). It stays here when somebody
staged a file of their own there, and when the network would not take it beside the other files: what people chose
goes before what we drew from it.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from pypdf import PdfReader

from disputes.evidence_fields import PACK_FIELD, TEXT_FIELDS
from disputes.evidence_limits import most_pages
from disputes.models import Dispute
from disputes.pack import Attachment, PackFacts, write_pack
from disputes.queries.limits import Sizes, read_sizes
from disputes.reason_codes import reason_code
from payments.queries.purchases import read_purchase


class PackFate(Enum):
    SENT = "sent"
    OWN_FILE = "own_file"
    NO_ROOM = "no_room"


@dataclass(frozen=True, slots=True)
class Pack:
    """A PDF and what becomes of it. sha256: hexadecimal. sizes: of the files beside it."""

    content: bytes = field(repr=False)
    sha256: str
    page_count: int
    sizes: Sizes
    fate: PackFate

    @property
    def goes(self) -> bool:
        return self.fate is PackFate.SENT

    @property
    def bytes_sent(self) -> int:
        """Of all files of the submission."""
        return self.sizes.bytes_used + (len(self.content) if self.goes else 0)

    @property
    def pages_sent(self) -> int:
        return self.sizes.pages_used + (self.page_count if self.goes else 0)


def read_pack(dispute: Dispute, evidence: Mapping[str, Any]) -> Pack:
    """The pack for this evidence. The same evidence gives the same bytes; drawing a long one takes a second, so it
    is done before a transaction is open."""
    sizes = read_sizes(dispute, evidence)
    content = write_pack(_facts(dispute, evidence, sizes))
    page_count = len(PdfReader(io.BytesIO(content)).pages)
    return Pack(
        content=content,
        sha256=hashlib.sha256(content).hexdigest(),
        page_count=page_count,
        sizes=sizes,
        fate=_fate(dispute, evidence, sizes, len(content), page_count),
    )


def _fate(
    dispute: Dispute, evidence: Mapping[str, Any], sizes: Sizes, size: int, page_count: int
) -> PackFate:
    if evidence.get(PACK_FIELD):
        return PackFate.OWN_FILE
    is_too_large = sizes.bytes_used + size > sizes.bytes_most
    has_too_many = sizes.pages_used + page_count > most_pages(dispute.network)
    return PackFate.NO_ROOM if is_too_large or has_too_many else PackFate.SENT


def _facts(dispute: Dispute, evidence: Mapping[str, Any], sizes: Sizes) -> PackFacts:
    purchase = read_purchase(merchant_id=dispute.merchant_id, attempt_id=dispute.attempt_id)
    code = reason_code(dispute.network, dispute.network_reason_code, dispute.reason)
    claim = f"{dispute.network} {dispute.network_reason_code} {code.category}".strip().replace("_", " ")
    return PackFacts(
        title=f"Answer to dispute {dispute.public_id}",
        claim=code.claim,
        facts=[
            ("Dispute", f"{dispute.public_id} ({dispute.psp_reference})"),
            ("Claim", claim),
            ("Disputed", str(dispute.amount)),
            ("Charge", f"{purchase.charge}, {purchase.captured}, {purchase.made_at:%Y-%m-%d %H:%M} UTC"),
            ("Card", f"{purchase.brand} ending {purchase.last4}"),
        ],
        texts=[
            (name.replace("_", " ").capitalize(), evidence[name])
            for name in TEXT_FIELDS
            if evidence.get(name)
        ],
        attachments=[
            Attachment(name, file.filename, file.page_count, file.sha256)
            for name, file in sizes.files.items()
        ],
    )
