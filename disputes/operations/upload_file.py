"""Keep a file that is to be evidence: by its content, once, as it came."""

from __future__ import annotations

import hashlib
from uuid import UUID

from disputes.errors import EvidenceFileRefused, EvidenceTooLarge
from disputes.evidence_limits import MAX_FILE_BYTES, MAX_PAGES
from disputes.file_content import Content, ContentRefused, read_content
from disputes.models import EvidenceFile
from foundation.context import current
from foundation.http.parsers import refuse_pan
from foundation.transactions import outside_transaction, owns_transaction


@outside_transaction
def upload_file(*, merchant_id: UUID, file_id: UUID, filename: str, data: bytes) -> EvidenceFile:
    """file_id: chosen by the caller: the idempotency key's reserved id, or the page's one-time form key.

    Raises: EvidenceFileRefused (not a PDF, JPEG or PNG by its content), EvidenceTooLarge, PanRefused (a card number
    can be read in it). Writes: the file. Safe to repeat: the same file_id finds its file.
    """
    # Read before a transaction is open: a large PDF takes its time.
    content = _read(data)
    return _keep(merchant_id, file_id, filename, data, content)


def _read(data: bytes) -> Content:
    if len(data) > MAX_FILE_BYTES:
        raise EvidenceTooLarge(
            f"The file has {len(data)} bytes; at most {MAX_FILE_BYTES} are taken.", param="file"
        )
    try:
        content = read_content(data)
    except ContentRefused as refusal:
        raise EvidenceFileRefused(str(refusal), param="file") from None
    if content.page_count > MAX_PAGES:
        raise EvidenceTooLarge(
            f"The file has {content.page_count} pages; at most {MAX_PAGES} are taken.", param="file"
        )
    refuse_pan(content.text)
    return content


@owns_transaction
def _keep(merchant_id: UUID, file_id: UUID, filename: str, data: bytes, content: Content) -> EvidenceFile:
    files = EvidenceFile.objects.for_merchant(merchant_id)
    existing = files.filter(pk=file_id).first()
    if existing is not None:
        return existing
    return files.create(
        id=file_id,
        merchant_id=merchant_id,
        filename=filename[-255:],
        content_type=content.content_type,
        size=len(data),
        page_count=content.page_count,
        sha256=hashlib.sha256(data).hexdigest(),
        content=data,
        uploaded_by=current().actor[:150],
    )
