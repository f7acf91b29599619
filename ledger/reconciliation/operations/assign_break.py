"""Give a break an owner."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from ledger.models import ReconciliationBreak
from ledger.reconciliation.locks import lock_break
from ledger.reconciliation.steps.change_break import assign


@owns_transaction
def assign_break(*, merchant_id: UUID, break_id: UUID, owner: str) -> ReconciliationBreak:
    """Say who works on a break. owner: a staff member's username; empty for nobody.

    Raises: ResourceMissing; BreakNotOpen.
    Writes: the break.
    Safe to repeat: the last owner stands.
    """
    found = lock_break(merchant_id, break_id)
    assign(found, owner)
    found.save(update_fields=["owner"])
    return found
