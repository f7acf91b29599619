"""Tell payments whether a customer owes what could not be collected: the customer's `delinquent`."""

from __future__ import annotations

from foundation.transactions import joins_transaction
from payments.steps.note_delinquency import note_delinquency
from subscriptions.models import Invoice, InvoiceStatus


@joins_transaction
def fall_delinquent(invoice: Invoice) -> None:
    """A finalized invoice could not be collected, or is overdue. Writes the customer and its event, once."""
    if not invoice.customer.is_delinquent:
        note_delinquency(merchant_id=invoice.merchant_id, customer_id=invoice.customer_id, is_delinquent=True)


@joins_transaction
def clear_delinquent(invoice: Invoice) -> None:
    """This invoice is owed no more; delinquent stays who owes another one. Writes the customer and its event."""
    if not invoice.customer.is_delinquent:
        return
    rows = Invoice.objects.for_merchant(invoice.merchant_id).filter(
        customer_id=invoice.customer_id, status=InvoiceStatus.OPEN, attempt_count__gt=0
    )
    if not rows.exclude(pk=invoice.pk).exists():
        note_delinquency(
            merchant_id=invoice.merchant_id, customer_id=invoice.customer_id, is_delinquent=False
        )
