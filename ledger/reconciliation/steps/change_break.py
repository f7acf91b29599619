"""What may be asked of an open, locked break; the caller saves it."""

from __future__ import annotations

from foundation import clock
from foundation.context import current
from foundation.money import EXPONENTS
from foundation.transactions import joins_transaction
from ledger.models import ReconciliationBreak
from ledger.reconciliation.errors import BreakNotOpen, TwoPeopleNeeded, WriteOffImpossible

_WAITS = ReconciliationBreak.Status.WRITE_OFF_REQUESTED


@joins_transaction
def assign(found: ReconciliationBreak, owner: str) -> None:
    """Raises BreakNotOpen."""
    if not found.is_open:
        raise BreakNotOpen()
    found.owner = owner


@joins_transaction
def explain(found: ReconciliationBreak, explanation: str) -> None:
    """A break without a difference in money ends with it. Raises BreakNotOpen."""
    if not found.is_open or found.status == _WAITS:
        raise BreakNotOpen()
    found.explain(explanation)
    if found.amount_minor == 0:
        found.resolved_at = clock.now()


@joins_transaction
def ask_write_off(found: ReconciliationBreak, reason: str) -> None:
    """Raises TwoPeopleNeeded unless a person asks; BreakNotOpen; WriteOffImpossible."""
    if not current().is_person:
        raise TwoPeopleNeeded("A write-off is asked for by a person.")
    if not found.is_open or found.status == _WAITS:
        raise BreakNotOpen()
    if found.amount_minor == 0 or found.currency not in EXPONENTS:
        raise WriteOffImpossible()
    found.request_write_off(current().actor, reason)
