"""What a credit note would come to."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions.locks import lock_invoice
from subscriptions.models import Invoice
from subscriptions.steps.reckon_note import Credited, NotePlan, ReckonedNote, reckon_note


@owns_transaction
def preview_credit_note(
    *, merchant_id: UUID, invoice_id: UUID, credited: Sequence[Credited], plan: NotePlan | None = None
) -> tuple[Invoice, ReckonedNote]:
    """Raises as issue_credit_note. Writes nothing. Safe to repeat."""
    invoice = lock_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    return invoice, reckon_note(invoice, credited, plan or NotePlan())
