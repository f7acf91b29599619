"""What approving, refusing and withdrawing an adjustment share: who may, and what is kept of it."""

from __future__ import annotations

from foundation import clock
from foundation.context import current
from foundation.transactions import joins_transaction
from ledger.errors import AdjustmentDecided, SecondPersonNeeded
from ledger.models import ManualAdjustment


def refuse_unless_open(adjustment: ManualAdjustment) -> None:
    """Raises AdjustmentDecided."""
    if adjustment.status != ManualAdjustment.Status.REQUESTED:
        raise AdjustmentDecided(f"The adjustment is {adjustment.status} already.")


def refuse_unless_another(adjustment: ManualAdjustment) -> None:
    """Raises SecondPersonNeeded. PostgreSQL holds to it as well: adjustment_maker_is_not_checker."""
    if current().actor[:150] == adjustment.requested_by:
        raise SecondPersonNeeded("Another person than the one who asked decides.")


@joins_transaction
def keep_decision(adjustment: ManualAdjustment, note: str) -> ManualAdjustment:
    """Who decided, when and with which words; the caller has made the transition and set the entry."""
    adjustment.decided_by = current().actor[:150]
    adjustment.decided_at = clock.now()
    adjustment.decision_note = note
    adjustment.save(update_fields=["status", "entry_id", "decided_by", "decided_at", "decision_note"])
    return adjustment
