"""What a file of changes would do to the breaks as they stand: the preview before it is committed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from foundation.errors import ResourceMissing
from ledger.models import BreakFile, BreakFileRow, ReconciliationBreak
from ledger.reconciliation.break_files import BreakChange

NO_WRITE_OFFS = "You may not ask for write-offs."


def preview_changes(
    merchant_id: UUID, changes: Sequence[BreakChange], *, may_write_off: bool
) -> list[BreakChange]:
    """The same changes without what is so already, each with its problem if there is one now.

    may_write_off: a person who may not ask for write-offs does not through a file either.
    """
    ids = [change.break_id for change in changes if change.break_id]
    found = {row.id: row for row in ReconciliationBreak.objects.for_merchant(merchant_id).filter(pk__in=ids)}
    shown = [_against(change, found.get(change.break_id) if change.break_id else None) for change in changes]
    return [_permitted(change, may_write_off) for change in shown if change.problem or change.asks]


def get_break_file(merchant_id: UUID, file_id: UUID) -> BreakFile:
    """Raises ResourceMissing."""
    found = BreakFile.objects.for_merchant(merchant_id).filter(pk=file_id).first()
    if found is None:
        raise ResourceMissing("No such file of breaks.", param="id")
    return found


def list_waiting_rows(merchant_id: UUID, file_id: UUID, *, limit: int) -> list[int]:
    """Ids of rows without an outcome, in the order of the file."""
    rows = BreakFileRow.objects.for_merchant(merchant_id).filter(file_id=file_id, outcome="")
    return list(rows.order_by("id").values_list("id", flat=True)[:limit])


def _permitted(change: BreakChange, may_write_off: bool) -> BreakChange:
    if may_write_off or change.problem or not change.write_off_reason:
        return change
    return replace(change, problem=NO_WRITE_OFFS)


def _against(change: BreakChange, row: ReconciliationBreak | None) -> BreakChange:
    if change.problem:
        return change
    if row is None:
        return replace(change, problem="There is no such break.")
    change = replace(
        change,
        owner="" if change.owner == row.owner else change.owner,
        explanation="" if change.explanation == row.explanation else change.explanation,
    )
    if not change.asks:
        return change
    if not row.is_open or row.status == ReconciliationBreak.Status.WRITE_OFF_REQUESTED:
        return replace(change, problem="The break is not open, or waits for a decision.")
    return change
