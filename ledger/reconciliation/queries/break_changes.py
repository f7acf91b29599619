"""What a file of changes would do to the breaks as they stand: the preview before it is committed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from ledger.models import ReconciliationBreak
from ledger.reconciliation.break_files import BreakChange


def preview_changes(merchant_id: UUID, changes: Sequence[BreakChange]) -> list[BreakChange]:
    """The same changes without what is so already, each with its problem if there is one now."""
    ids = [change.break_id for change in changes if change.break_id]
    found = {row.id: row for row in ReconciliationBreak.objects.for_merchant(merchant_id).filter(pk__in=ids)}
    shown = [_against(change, found.get(change.break_id) if change.break_id else None) for change in changes]
    return [change for change in shown if change.problem or change.asks]


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
