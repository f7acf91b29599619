"""Void an open or uncollectible invoice: its entry is reversed, its credit notes with it, and the credit it used comes
back.
"""

from __future__ import annotations

from datetime import datetime

from foundation.money import Money
from foundation.transactions import joins_transaction
from subscriptions import events
from subscriptions.locks import lock_billing_customer
from subscriptions.models import BalanceTransactionType, CreditNoteStatus, Invoice
from subscriptions.queries.invoices import list_credit_notes
from subscriptions.steps.announce import announce_credit_note, announce_invoice
from subscriptions.steps.defer_revenue import void_deferrals
from subscriptions.steps.delinquency import clear_delinquent
from subscriptions.steps.dunning import stop_run
from subscriptions.steps.move_balance import move_balance
from subscriptions.steps.post_to_ledger import reverse_credit_note, reverse_invoice


@joins_transaction
def void_open_invoice(invoice: Invoice, *, now: datetime) -> None:
    """The invoice is locked, and no payment of it is under way or done; its notes gave nothing back but itself.

    Writes: the invoice, its credit notes, what of it was deferred, ledger entries, credit_note.voided, invoice.voided.
    """
    invoice.void(now)
    invoice.save()
    stop_run(invoice, now=now, reason="voided")
    used = invoice.amount_due_minor - invoice.total_minor
    if used:
        lock_billing_customer(merchant_id=invoice.merchant_id, customer_id=invoice.customer_id)
        move_balance(
            merchant_id=invoice.merchant_id,
            customer_id=invoice.customer_id,
            amount=Money(used, invoice.currency),
            type_=BalanceTransactionType.UNAPPLIED_FROM_INVOICE,
            at=now,
            invoice=invoice,
        )
    _void_notes(invoice, now=now)
    reverse_invoice(invoice, at=now)
    void_deferrals(invoice, at=now)
    clear_delinquent(invoice)
    announce_invoice(invoice, events.INVOICE_VOIDED)


def _void_notes(invoice: Invoice, *, now: datetime) -> None:
    # What a note took off the receivable is taken off with the whole of it: it must not go twice.
    notes = list_credit_notes(merchant_id=invoice.merchant_id).filter(invoice_id=invoice.id)
    for note in notes.filter(status=CreditNoteStatus.ISSUED).order_by("id"):
        note.void(now)
        note.save()
        invoice.credited_before_payment_minor -= note.pre_payment_minor
        reverse_credit_note(note, at=now)
        announce_credit_note(note, events.CREDIT_NOTE_VOIDED)
    invoice.save(update_fields=["credited_before_payment_minor"])
