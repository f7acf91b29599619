"""An invoice is owed again by what its customer's bank took back: it is open once more."""

from __future__ import annotations

from foundation.money import Money
from foundation.transactions import joins_transaction
from subscriptions.models import Invoice, InvoiceStatus


@joins_transaction
def owe_again(invoice: Invoice, amount: Money) -> None:
    """amount: at most what was paid. The invoice is locked. Writes the invoice; the caller announces it."""
    invoice.amount_paid_minor -= amount.amount_minor
    if invoice.status == InvoiceStatus.PAID:
        invoice.reopen()
    invoice.save()
