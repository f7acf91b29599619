"""Reading uploaded files; their bytes only where they are wanted."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from disputes.models import EvidenceFile
from foundation.errors import ResourceMissing
from foundation.ids import encode_id


def list_files(*, merchant_id: UUID) -> QuerySet[EvidenceFile]:
    """Without their content."""
    return EvidenceFile.objects.for_merchant(merchant_id).defer("content")


def get_file(*, merchant_id: UUID, file_id: UUID) -> EvidenceFile:
    """Its content is read when it is asked for. Raises ResourceMissing, also for another merchant's."""
    file = list_files(merchant_id=merchant_id).filter(pk=file_id).first()
    if file is None:
        raise ResourceMissing(f"No such file: '{encode_id('file', file_id)}'", param="id")
    return file
