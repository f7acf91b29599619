"""Locks of reconciliation. Order: the merchant's reconciliation, files and rows, breaks by id, the ledger's own."""

from __future__ import annotations

from uuid import UUID

from django.db import connection

from foundation.errors import ResourceMissing
from foundation.transactions import joins_transaction
from ledger.models import BreakFile, BreakFileRow, ReconciliationBreak


@joins_transaction
def lock_reconciliation(merchant_id: UUID) -> None:
    """One import or run of a merchant at a time, until the transaction ends: two runs would match a line twice."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_advisory_xact_lock(hashtextextended('reconciliation:' || %s, 0))", [str(merchant_id)]
        )


@joins_transaction
def lock_break(merchant_id: UUID, break_id: UUID) -> ReconciliationBreak:
    """A fresh, locked break. Raises ResourceMissing."""
    rows = ReconciliationBreak.objects.for_merchant(merchant_id).select_for_update(of=("self",))
    found = rows.filter(pk=break_id).first()
    if found is None:
        raise ResourceMissing("No such break.", param="id")
    return found


@joins_transaction
def lock_break_file(merchant_id: UUID, file_id: UUID) -> BreakFile:
    """A fresh, locked file of breaks. Raises ResourceMissing."""
    found = (
        BreakFile.objects.for_merchant(merchant_id).select_for_update(of=("self",)).filter(pk=file_id).first()
    )
    if found is None:
        raise ResourceMissing("No such file of breaks.", param="id")
    return found


@joins_transaction
def lock_waiting_row(merchant_id: UUID, row_id: int) -> BreakFileRow | None:
    """A fresh, locked row without an outcome; None when it has one by now."""
    rows = BreakFileRow.objects.for_merchant(merchant_id).select_for_update(of=("self",))
    return rows.filter(pk=row_id, outcome="").first()
