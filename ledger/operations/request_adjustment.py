"""Ask for a manual adjustment. Nothing is posted until another person approves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from foundation.transactions import owns_transaction
from ledger.models import ManualAdjustment
from ledger.steps.adjustment_parameters import refuse_unless_adjustable
from ledger.steps.ask_adjustment import ask_adjustment
from ledger.steps.lines import Line


@owns_transaction
def request_adjustment(
    *, merchant_id: UUID, adjustment_id: UUID, lines: Sequence[Line], effective_at: datetime, reason: str
) -> ManualAdjustment:
    """Ask for an entry of these lines.

    adjustment_id: chosen by the caller, such as a form's one-time key. lines: debit positive, minor units, each
    currency summing to zero. reason: 1 to 500 characters.
    Raises: EntryMalformed, AccountPathInvalid, AdjustmentAccountRefused; AdjustmentDiffers when the id is taken
    by another request.
    Writes: one ManualAdjustment. Safe to repeat: by the id.
    """
    refuse_unless_adjustable(lines)
    return ask_adjustment(merchant_id, adjustment_id, lines, effective_at, reason)
