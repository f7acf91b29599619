"""Refuse a manual adjustment that another person asked for."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from ledger.locks import lock_adjustment
from ledger.models import ManualAdjustment
from ledger.steps.decide_adjustment import keep_decision, refuse_unless_another, refuse_unless_open


@owns_transaction
def refuse_adjustment(*, merchant_id: UUID, adjustment_id: UUID, note: str) -> ManualAdjustment:
    """Say no, as another person than the one who asked.

    Raises: ResourceMissing, SecondPersonNeeded, AdjustmentDecided. Writes: the adjustment.
    Safe to repeat: a decided one stays as it is, and the repeat is refused.
    """
    adjustment = lock_adjustment(merchant_id, adjustment_id)
    refuse_unless_open(adjustment)
    refuse_unless_another(adjustment)
    adjustment.refuse()
    return keep_decision(adjustment, note)
