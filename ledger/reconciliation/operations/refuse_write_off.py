"""Refuse to write a break off."""

from __future__ import annotations

from uuid import UUID

from foundation.context import current
from foundation.transactions import owns_transaction
from ledger.models import ReconciliationBreak
from ledger.reconciliation.errors import BreakNotOpen, TwoPeopleNeeded
from ledger.reconciliation.locks import lock_break


@owns_transaction
def refuse_write_off(*, merchant_id: UUID, break_id: UUID) -> ReconciliationBreak:
    """A person, who may be the one that asked, takes the request back: the break is open again.

    Raises: ResourceMissing; TwoPeopleNeeded unless a person refuses; BreakNotOpen.
    Writes: the break.
    Not safe to repeat: the second refusal finds nothing to refuse.
    """
    found = lock_break(merchant_id, break_id)
    if not current().is_person:
        raise TwoPeopleNeeded("A write-off is refused by a person.")
    if not found.is_open or found.status != ReconciliationBreak.Status.WRITE_OFF_REQUESTED:
        raise BreakNotOpen()
    found.refuse_write_off(current().actor)
    found.save()
    return found
