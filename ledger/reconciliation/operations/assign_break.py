"""Give a break an owner."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from ledger.models import ReconciliationBreak
from ledger.reconciliation.errors import BreakNotOpen
from ledger.reconciliation.locks import lock_break


@owns_transaction
def assign_break(*, merchant_id: UUID, break_id: UUID, owner: str) -> ReconciliationBreak:
    """Say who works on a break. owner: a staff member's username; empty for nobody.

    Raises: ResourceMissing; BreakNotOpen.
    Writes: the break.
    Safe to repeat: the last owner stands.
    """
    found = lock_break(merchant_id, break_id)
    if not found.is_open:
        raise BreakNotOpen()
    found.owner = owner
    found.save(update_fields=["owner"])
    return found
