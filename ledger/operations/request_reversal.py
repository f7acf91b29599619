"""Ask for an entry to be reversed by hand. Nothing is posted until another person approves."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from foundation.transactions import owns_transaction
from ledger.errors import EntryAlreadyReversed, EntryBelongsToHold
from ledger.models import ManualAdjustment
from ledger.queries.entries import get_entry, has_reversal
from ledger.steps.ask_adjustment import ask_adjustment
from ledger.steps.lines import Line


@owns_transaction
def request_reversal(
    *, merchant_id: UUID, adjustment_id: UUID, entry_id: UUID, effective_at: datetime, reason: str
) -> ManualAdjustment:
    """Ask for the opposite of an entry to be posted.

    Raises: ResourceMissing, EntryAlreadyReversed, EntryBelongsToHold; AdjustmentDiffers when the id is taken
    by another request.
    Writes: one ManualAdjustment. Safe to repeat: by the id.
    """
    entry = get_entry(merchant_id, entry_id)
    if entry.hold_id is not None:
        raise EntryBelongsToHold(f"Entry {entry.reference} belongs to a hold.")
    if has_reversal(merchant_id, entry_id):
        raise EntryAlreadyReversed()
    lines = [Line(line.path, -line.amount) for line in entry.lines]
    return ask_adjustment(merchant_id, adjustment_id, lines, effective_at, reason, reverses=entry_id)
