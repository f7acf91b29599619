"""Take a credit note back that has only lowered what remains; it keeps its number."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.errors import CreditNoteNotVoidable
from subscriptions.locks import lock_credit_note, lock_invoice, lock_subscription
from subscriptions.models import CreditNote, CreditNoteStatus, InvoiceStatus
from subscriptions.queries.invoices import get_credit_note, get_invoice, list_note_lines
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.announce import announce_credit_note, announce_invoice
from subscriptions.steps.defer_revenue import defer_again
from subscriptions.steps.post_to_ledger import reverse_credit_note


@owns_transaction
def void_credit_note(*, merchant_id: UUID, credit_note_id: UUID) -> CreditNote:
    """Raises: ResourceMissing, CreditNoteNotVoidable (void already, money went back, or the invoice is closed).

    Writes: the note, the invoice, the opposite ledger entry, what was deferred, credit_note.voided.
    Safe to repeat: a voided note is refused.
    """
    known = get_credit_note(merchant_id=merchant_id, credit_note_id=credit_note_id)
    of = get_invoice(merchant_id=merchant_id, invoice_id=known.invoice_id)
    subscription = None
    if of.subscription_id is not None:
        subscription = lock_subscription(merchant_id=merchant_id, subscription_id=of.subscription_id)
    invoice = lock_invoice(merchant_id=merchant_id, invoice_id=known.invoice_id)
    note = lock_credit_note(merchant_id=merchant_id, credit_note_id=credit_note_id)
    if note.status != CreditNoteStatus.ISSUED or note.pre_payment_minor != note.total_minor:
        raise CreditNoteNotVoidable()
    if invoice.status not in (InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE):
        raise CreditNoteNotVoidable(f"The invoice is {invoice.status}.")
    now = now_of(subscription.test_clock if subscription else None)
    note.void(now)
    note.save()
    invoice.credited_before_payment_minor -= note.pre_payment_minor
    invoice.save()
    reverse_credit_note(note, at=now)
    defer_again(invoice, [(line.invoice_line_id, line.deferred_minor) for line in list_note_lines(note)])
    announce_credit_note(note, events.CREDIT_NOTE_VOIDED)
    announce_invoice(invoice, events.INVOICE_UPDATED)
    return note
