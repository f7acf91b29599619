"""Money that came for an invoice that is owed no more becomes its customer's credit, and back."""

from __future__ import annotations

from datetime import datetime

from foundation.money import Money
from foundation.transactions import joins_transaction
from subscriptions.locks import lock_billing_customer
from subscriptions.models import BalanceTransactionType, Invoice
from subscriptions.queries.invoices import get_invoice
from subscriptions.steps.billing_rows import billing_customer_of
from subscriptions.steps.move_balance import move_balance


@joins_transaction
def keep_as_credit(invoice: Invoice, extra: Money, *, at: datetime, description: str) -> None:
    """extra: negative takes it back. The invoice is locked. Writes the balance and its ledger entry."""
    billing_customer_of(merchant_id=invoice.merchant_id, customer_id=invoice.customer_id)
    lock_billing_customer(merchant_id=invoice.merchant_id, customer_id=invoice.customer_id)
    move_balance(
        merchant_id=invoice.merchant_id,
        customer_id=invoice.customer_id,
        amount=-extra,
        type_=BalanceTransactionType.UNAPPLIED_FROM_INVOICE,
        at=at,
        invoice=get_invoice(merchant_id=invoice.merchant_id, invoice_id=invoice.id),
        description=description,
    )
