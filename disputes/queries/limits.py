"""How much of a pack's limits is used, for people who fill it. What is beyond them is refused by check_evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from disputes.evidence_fields import FILE_FIELDS, TEXT_FIELDS
from disputes.evidence_limits import MAX_ALL_CHARACTERS, MAX_FILE_BYTES, most_pages
from disputes.models import Dispute, EvidenceFile
from foundation.ids import decode_id


@dataclass(frozen=True, slots=True)
class Sizes:
    """files: by field, without their content."""

    bytes_used: int
    bytes_most: int
    pages_used: int
    pages_most: int
    characters_used: int
    characters_most: int
    files: dict[str, EvidenceFile] = field(default_factory=dict)


def read_sizes(dispute: Dispute, evidence: Mapping[str, Any]) -> Sizes:
    """One query."""
    named = {name: decode_id("file", evidence[name]) for name in FILE_FIELDS if evidence.get(name)}
    rows = (
        EvidenceFile.objects.for_merchant(dispute.merchant_id).defer("content").in_bulk(list(named.values()))
    )
    files = {name: rows[file_id] for name, file_id in named.items() if file_id in rows}
    return Sizes(
        bytes_used=sum(file.size for file in files.values()),
        bytes_most=MAX_FILE_BYTES,
        pages_used=sum(file.page_count for file in files.values()),
        pages_most=most_pages(dispute.network),
        characters_used=sum(len(evidence.get(name) or "") for name in TEXT_FIELDS),
        characters_most=MAX_ALL_CHARACTERS,
        files=files,
    )
