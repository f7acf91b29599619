"""Ask for a break to be written off."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from ledger.models import ReconciliationBreak
from ledger.reconciliation.locks import lock_break
from ledger.reconciliation.steps.change_break import ask_write_off


@owns_transaction
def request_write_off(*, merchant_id: UUID, break_id: UUID, reason: str) -> ReconciliationBreak:
    """The first of two people says why the difference shall be given up; nothing is posted yet.

    reason: at most 500 characters.
    Raises: ResourceMissing; TwoPeopleNeeded unless a person asks; BreakNotOpen; WriteOffImpossible.
    Writes: the break.
    Not safe to repeat: the second request finds the break waiting, and is refused.
    """
    found = lock_break(merchant_id, break_id)
    ask_write_off(found, reason)
    found.save()
    return found
