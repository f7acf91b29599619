"""Credit a finalized invoice: what remains is lowered first, the rest goes back as the caller says."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from foundation.transactions import outside_transaction
from subscriptions.models import CreditNote
from subscriptions.operations.issue_credit_note import issue_credit_note
from subscriptions.operations.refund_credit_note import refund_credit_note
from subscriptions.steps.reckon_note import Credited, NotePlan

__all__ = ["Credited", "NotePlan", "create_credit_note"]


@outside_transaction
def create_credit_note(
    *,
    merchant_id: UUID,
    credit_note_id: UUID,
    invoice_id: UUID,
    credited: Sequence[Credited],
    plan: NotePlan | None = None,
    reason: str = "",
    memo: str = "",
    metadata: Mapping[str, str] | None = None,
) -> CreditNote:
    """The note, and its refund sent.

    Raises, writes and repeats as issue_credit_note and refund_credit_note do.
    """
    note = issue_credit_note(
        merchant_id=merchant_id,
        credit_note_id=credit_note_id,
        invoice_id=invoice_id,
        credited=credited,
        plan=plan or NotePlan(),
        reason=reason,
        memo=memo,
        metadata=metadata,
    )
    if note.refund_minor:
        return refund_credit_note(merchant_id=merchant_id, credit_note_id=note.id, in_background=False)
    return note
