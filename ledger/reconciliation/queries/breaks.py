"""Breaks for pages, lists and files."""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from django.db.models import Q, QuerySet

from foundation.errors import ResourceMissing
from ledger.models import ReconciliationBreak, Source

SHOWN = 100


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


def list_missing_here(
    merchant_id: UUID, psp_account: str, references: Collection[str]
) -> list[ReconciliationBreak]:
    """Open breaks of a PSP's lines that our books lack, by any name the PSP has for the movement; at most 100."""
    if not references:
        return []
    named = Q(line__reference__in=references) | Q(line__order_reference__in=references)
    rows = list_open_breaks(merchant_id).filter(
        named,
        kind=ReconciliationBreak.Kind.MISSING_AT_US,
        source=Source.PSP,
        psp_account=psp_account,
    )
    return list(rows.order_by("id")[:SHOWN])
