"""Send the refund that a credit note has promised."""

from __future__ import annotations

from uuid import UUID

from foundation.money import Money
from foundation.transactions import outside_transaction, owns_transaction
from payments.operations.refund_payment import refund_payment
from payments.operations.request_refund import request_refund
from subscriptions.errors import InvoiceUnexpectedState
from subscriptions.locks import lock_credit_note, lock_invoice
from subscriptions.models import CreditNote
from subscriptions.queries.invoices import get_credit_note, plan_refunds


@outside_transaction
def refund_credit_note(*, merchant_id: UUID, credit_note_id: UUID, in_background: bool = True) -> CreditNote:
    """in_background: a worker makes the call to the PSP.

    Raises: ResourceMissing, InvoiceUnexpectedState (no payment of the invoice can be refunded), and as
    request_refund.
    Writes: the refund, and as record_refund_outcome; the note names it.
    Safe to repeat: a note and its refund have one id.
    """
    note = get_credit_note(merchant_id=merchant_id, credit_note_id=credit_note_id)
    if not note.refund_minor or note.refund_id is not None:
        return note
    intent_id = plan_refunds(note.invoice)[0].get(note.id)
    if intent_id is None:
        raise InvoiceUnexpectedState("No payment of this invoice can be refunded.")
    send = request_refund if in_background else refund_payment
    send(
        merchant_id=merchant_id,
        payment_intent_id=intent_id,
        refund_id=note.id,
        amount=Money(note.refund_minor, note.currency),
        reason="requested_by_customer",
        metadata={"credit_note": note.public_id},
    )
    return _name_refund(merchant_id=merchant_id, note=note)


@owns_transaction
def _name_refund(*, merchant_id: UUID, note: CreditNote) -> CreditNote:
    lock_invoice(merchant_id=merchant_id, invoice_id=note.invoice_id)
    fresh = lock_credit_note(merchant_id=merchant_id, credit_note_id=note.id)
    fresh.refund_id = fresh.id
    fresh.save(update_fields=["refund"])
    return fresh
