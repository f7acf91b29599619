"""The bytes of evidence, read for the one call that sends them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from disputes.evidence_fields import FILE_FIELDS, PACK_FIELD
from disputes.models import EvidenceFile
from foundation.errors import ResourceMissing
from foundation.ids import PublicIdInvalid, decode_id
from payments.psp.disputes import EvidenceUpload


def refuse_unless_own_files(merchant_id: UUID, named: Mapping[str, str | None]) -> None:
    """Raises ResourceMissing for a file that is absent or another merchant's."""
    for field, public_id in named.items():
        if public_id and not _exists(merchant_id, public_id):
            raise ResourceMissing(f"No such file: '{public_id}'", param=f"evidence[{field}]")


def _exists(merchant_id: UUID, public_id: str) -> bool:
    try:
        file_id = decode_id(EvidenceFile.public_prefix, public_id)
    except PublicIdInvalid:
        return False
    return EvidenceFile.objects.for_merchant(merchant_id).filter(pk=file_id).exists()


def read_uploads(
    merchant_id: UUID, evidence: Mapping[str, Any], *, pack_id: UUID | None = None
) -> dict[str, EvidenceUpload]:
    """The files that the evidence names, by field, and the pack in the place that is its own."""
    wanted = {name: decode_id("file", evidence[name]) for name in FILE_FIELDS if evidence.get(name)}
    if pack_id is not None:
        wanted[PACK_FIELD] = pack_id
    rows = EvidenceFile.objects.for_merchant(merchant_id).in_bulk(list(wanted.values()))
    return {
        name: EvidenceUpload(
            filename=rows[file_id].filename,
            content_type=rows[file_id].content_type,
            content=bytes(rows[file_id].content),
        )
        for name, file_id in wanted.items()
    }
