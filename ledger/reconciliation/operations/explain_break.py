"""Say why a break is there."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from ledger.models import ReconciliationBreak
from ledger.reconciliation.locks import lock_break
from ledger.reconciliation.steps.change_break import explain


@owns_transaction
def explain_break(*, merchant_id: UUID, break_id: UUID, explanation: str) -> ReconciliationBreak:
    """Keep an explanation with a break. One without a difference in money ends with it; any other stays open.

    explanation: at most 1,000 characters.
    Raises: ResourceMissing; BreakNotOpen.
    Writes: the break.
    Safe to repeat: the last explanation stands.
    """
    found = lock_break(merchant_id, break_id)
    explain(found, explanation)
    found.save()
    return found
