"""Ask for a break to be written off."""

from __future__ import annotations

from uuid import UUID

from foundation.context import current
from foundation.money import EXPONENTS
from foundation.transactions import owns_transaction
from ledger.models import ReconciliationBreak
from ledger.reconciliation.errors import BreakNotOpen, TwoPeopleNeeded, WriteOffImpossible
from ledger.reconciliation.locks import lock_break


@owns_transaction
def request_write_off(*, merchant_id: UUID, break_id: UUID, reason: str) -> ReconciliationBreak:
    """The first of two people says why the difference shall be given up; nothing is posted yet.

    reason: at most 500 characters.
    Raises: ResourceMissing; TwoPeopleNeeded unless a person asks; BreakNotOpen; WriteOffImpossible.
    Writes: the break.
    Not safe to repeat: the second request finds the break waiting, and is refused.
    """
    found = lock_break(merchant_id, break_id)
    if not current().is_person:
        raise TwoPeopleNeeded("A write-off is asked for by a person.")
    if not found.is_open or found.status == ReconciliationBreak.Status.WRITE_OFF_REQUESTED:
        raise BreakNotOpen()
    if found.amount_minor == 0 or found.currency not in EXPONENTS:
        raise WriteOffImpossible()
    found.request_write_off(current().actor, reason)
    found.save()
    return found
