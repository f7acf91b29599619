"""Approve a manual adjustment: the second half of four eyes, and the only way by which one is posted."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from ledger.errors import AdjustmentDiffers
from ledger.locks import lock_adjustment
from ledger.models import ManualAdjustment
from ledger.steps.adjustment_parameters import hash_of, lines_of
from ledger.steps.decide_adjustment import keep_decision, refuse_unless_another, refuse_unless_open
from ledger.steps.lines import NewEntry, PostedEntry
from ledger.steps.post_entry import post_linked_entry
from ledger.steps.reverse_entry import reverse_entry

KIND = "manual_adjustment"


@owns_transaction
def approve_adjustment(
    *, merchant_id: UUID, adjustment_id: UUID, parameters_hash: str, note: str = ""
) -> ManualAdjustment:
    """Post what another person asked for.

    parameters_hash: of what the approver was shown; the approval holds for exactly that.
    Raises: ResourceMissing, SecondPersonNeeded, AdjustmentDecided, AdjustmentDiffers, and as post_entry
    (PeriodClosed, AccountBelowZero, EntryAlreadyReversed): then it stays requested.
    Writes: one JournalEntry with its Postings; the adjustment.
    Safe to repeat: one that was posted is answered as it is.
    """
    adjustment = lock_adjustment(merchant_id, adjustment_id)
    if adjustment.status == ManualAdjustment.Status.POSTED and adjustment.parameters_hash == parameters_hash:
        return adjustment
    refuse_unless_open(adjustment)
    refuse_unless_another(adjustment)
    if not parameters_hash == adjustment.parameters_hash == hash_of(adjustment):
        raise AdjustmentDiffers()
    adjustment.entry_id = _post(adjustment).id
    adjustment.post()
    return keep_decision(adjustment, note)


def _post(adjustment: ManualAdjustment) -> PostedEntry:
    reference = f"adjustment:{adjustment.public_id}"
    if adjustment.reverses_id is not None:
        return reverse_entry(
            merchant_id=adjustment.merchant_id,
            entry_id=adjustment.reverses_id,
            reference=reference,
            effective_at=adjustment.effective_at,
            kind=KIND,
            description=adjustment.reason,
        )
    entry = NewEntry(
        kind=KIND,
        reference=reference,
        lines=lines_of(adjustment),
        effective_at=adjustment.effective_at,
        source_kind=KIND,
        source_id=adjustment.id,
        description=adjustment.reason,
    )
    return post_linked_entry(adjustment.merchant_id, entry)
