"""Say why a break is there."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.transactions import owns_transaction
from ledger.models import ReconciliationBreak
from ledger.reconciliation.errors import BreakNotOpen
from ledger.reconciliation.locks import lock_break


@owns_transaction
def explain_break(*, merchant_id: UUID, break_id: UUID, explanation: str) -> ReconciliationBreak:
    """Keep an explanation with a break. One without a difference in money ends with it; any other stays open.

    explanation: at most 1,000 characters.
    Raises: ResourceMissing; BreakNotOpen.
    Writes: the break.
    Safe to repeat: the last explanation stands.
    """
    found = lock_break(merchant_id, break_id)
    if not found.is_open or found.status == ReconciliationBreak.Status.WRITE_OFF_REQUESTED:
        raise BreakNotOpen()
    found.explain(explanation)
    if found.amount_minor == 0:
        found.resolved_at = clock.now()
    found.save()
    return found
