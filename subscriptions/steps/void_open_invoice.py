"""Void an open or uncollectible invoice: its entry is reversed, the credit it used comes back."""

from __future__ import annotations

from datetime import datetime

from foundation.money import Money
from foundation.transactions import joins_transaction
from subscriptions import events
from subscriptions.locks import lock_billing_customer
from subscriptions.models import BalanceTransactionType, Invoice
from subscriptions.steps.announce import announce_invoice
from subscriptions.steps.dunning import stop_run
from subscriptions.steps.move_balance import move_balance
from subscriptions.steps.post_to_ledger import reverse_invoice


@joins_transaction
def void_open_invoice(invoice: Invoice, *, now: datetime) -> None:
    """The invoice is locked, and no payment of it is under way or done. Writes it, ledger entries, invoice.voided."""
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
    reverse_invoice(invoice, at=now)
    announce_invoice(invoice, events.INVOICE_VOIDED)
