"""Breaks for pages, lists and files."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from foundation.errors import ResourceMissing
from ledger.models import ReconciliationBreak


def list_breaks(merchant_id: UUID) -> QuerySet[ReconciliationBreak]:
    """All, with their lines and entries read beside them."""
    return ReconciliationBreak.objects.for_merchant(merchant_id).select_related("line", "entry")


def list_open_breaks(merchant_id: UUID) -> QuerySet[ReconciliationBreak]:
    rows = list_breaks(merchant_id).filter(resolved_at__isnull=True)
    return rows.exclude(status=ReconciliationBreak.Status.WRITTEN_OFF)


def get_break(merchant_id: UUID, break_id: UUID) -> ReconciliationBreak:
    """Raises ResourceMissing."""
    found = list_breaks(merchant_id).filter(pk=break_id).first()
    if found is None:
        raise ResourceMissing("No such break.", param="id")
    return found
