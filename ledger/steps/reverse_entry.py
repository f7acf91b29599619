"""Reverse an entry: the same lines with the other sign, once."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from foundation.transactions import joins_transaction
from ledger.errors import EntryBelongsToHold
from ledger.queries.entries import get_entry
from ledger.steps.lines import Line, NewEntry, PostedEntry
from ledger.steps.post_entry import post_linked_entry


@joins_transaction
def reverse_entry(
    *,
    merchant_id: UUID,
    entry_id: UUID,
    reference: str,
    effective_at: datetime,
    kind: str = "reversal",
    description: str = "",
) -> PostedEntry:
    """Post the opposite of an entry, with the source of the original.

    reference: of the reversal, unique per merchant. effective_at: when the correction takes effect.
    Raises: ResourceMissing; EntryAlreadyReversed (by another reference); EntryBelongsToHold; as post_entry.
    Writes: one JournalEntry with its Postings.
    Safe to repeat: by the reference.
    """
    original = get_entry(merchant_id, entry_id)
    if original.hold_id is not None:
        raise EntryBelongsToHold(f"Entry {original.reference} belongs to a hold.")
    reversal = NewEntry(
        kind=kind,
        reference=reference,
        lines=[Line(line.path, -line.amount) for line in original.lines],
        effective_at=effective_at,
        source_kind=original.source_kind,
        source_id=original.source_id,
        external_reference=original.external_reference,
        description=description,
    )
    return post_linked_entry(merchant_id, reversal, reverses=original.id)
