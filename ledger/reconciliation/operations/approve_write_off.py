"""Write a break off."""

from __future__ import annotations

from uuid import UUID

from foundation.context import current
from foundation.money import Money
from foundation.transactions import owns_transaction
from ledger.models import ReconciliationBreak
from ledger.reconciliation.errors import BreakNotOpen, TwoPeopleNeeded
from ledger.reconciliation.locks import lock_break, lock_reconciliation
from ledger.reconciliation.steps.post_write_off import post_write_off


@owns_transaction
def approve_write_off(
    *, merchant_id: UUID, break_id: UUID, amount_minor: int, currency: str
) -> ReconciliationBreak:
    """The second person agrees: the difference is posted, and the break is over.

    amount_minor, currency: what the approver saw; an approval of anything else is refused.
    Raises: ResourceMissing; LockTimeout while a run or import lasts; BreakNotOpen, also when the amount is another by
    now; TwoPeopleNeeded.
    Writes: the break, one JournalEntry.
    Not safe to repeat: the second approval is refused; the entry is posted once by its reference.
    """
    # A run that is under way has read the break as open, and may be matching its line at this moment.
    lock_reconciliation(merchant_id)
    found = lock_break(merchant_id, break_id)
    if not found.is_open or found.status != ReconciliationBreak.Status.WRITE_OFF_REQUESTED:
        raise BreakNotOpen()
    actor = current().actor
    if not current().is_person or actor == found.write_off_requested_by:
        raise TwoPeopleNeeded()
    if (found.amount_minor, found.currency) != (amount_minor, currency):
        raise BreakNotOpen("The break is of another amount than the one approved.")
    entry_id = post_write_off(found, Money(found.amount_minor, found.currency))
    found.write_off(actor, entry_id)
    found.save()
    return found
