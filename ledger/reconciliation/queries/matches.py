"""Matches both ways: the entries of a line, the lines of an entry."""

from __future__ import annotations

from uuid import UUID

from django.db.models import QuerySet

from ledger.models import ReconciliationMatch

SHOWN = 100


def list_matches_of_line(merchant_id: UUID, line_id: int) -> QuerySet[ReconciliationMatch]:
    rows = ReconciliationMatch.objects.for_merchant(merchant_id).filter(line_id=line_id)
    return rows.select_related("entry").order_by("entry_id")[:SHOWN]


def list_matches_of_entry(merchant_id: UUID, entry_id: UUID) -> QuerySet[ReconciliationMatch]:
    rows = ReconciliationMatch.objects.for_merchant(merchant_id).filter(entry_id=entry_id)
    return rows.select_related("line").order_by("line_id")[:SHOWN]
