"""Withdraw a manual adjustment that one asked for oneself."""

from __future__ import annotations

from uuid import UUID

from foundation.context import current
from foundation.transactions import owns_transaction
from ledger.errors import SecondPersonNeeded
from ledger.locks import lock_adjustment
from ledger.models import ManualAdjustment
from ledger.steps.decide_adjustment import keep_decision, refuse_unless_open


@owns_transaction
def withdraw_adjustment(*, merchant_id: UUID, adjustment_id: UUID, note: str = "") -> ManualAdjustment:
    """Take one's own request back.

    Raises: ResourceMissing, AdjustmentDecided; SecondPersonNeeded when somebody else asked: they refuse it
    instead. Writes: the adjustment.
    Safe to repeat: a decided one stays as it is, and the repeat is refused.
    """
    adjustment = lock_adjustment(merchant_id, adjustment_id)
    refuse_unless_open(adjustment)
    if current().actor[:150] != adjustment.requested_by:
        raise SecondPersonNeeded("Only the person who asked withdraws a request; others refuse it.")
    adjustment.withdraw()
    return keep_decision(adjustment, note)
