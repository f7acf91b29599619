"""Note that a sent invoice is not paid by its due date: its subscription is past due."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.locks import lock_invoice, lock_subscription
from subscriptions.models import CollectionMethod, Invoice, InvoiceStatus
from subscriptions.queries.invoices import get_invoice
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.announce import announce_invoice
from subscriptions.steps.delinquency import fall_delinquent
from subscriptions.steps.follow_invoice import follow_failed_invoice


@owns_transaction
def note_overdue_invoice(*, merchant_id: UUID, invoice_id: UUID) -> Invoice:
    """Raises: ResourceMissing. Writes: invoice.overdue; the customer; the subscription.

    Safe to repeat: it is noted once, by the invoice's attempted flag; one that is not open or not due stays.
    """
    known = get_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    subscription = None
    if known.subscription_id is not None:
        subscription = lock_subscription(merchant_id=merchant_id, subscription_id=known.subscription_id)
    invoice = lock_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    now = now_of(subscription.test_clock if subscription else None)
    is_sent = invoice.collection_method == CollectionMethod.SEND_INVOICE
    if invoice.status != InvoiceStatus.OPEN or not is_sent or invoice.attempt_count:
        return invoice
    if invoice.due_at is None or invoice.due_at > now:
        return invoice
    invoice.attempt_count = 1
    invoice.save(update_fields=["attempt_count"])
    announce_invoice(invoice, events.INVOICE_OVERDUE)
    fall_delinquent(invoice)
    if subscription is not None:
        follow_failed_invoice(subscription, invoice)
    return invoice
