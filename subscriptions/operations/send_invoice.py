"""Send an invoice to its customer: the event tells whoever writes the message; a draft is finalized first."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import outside_transaction, owns_transaction
from subscriptions import events
from subscriptions.errors import InvoiceUnexpectedState
from subscriptions.locks import lock_invoice
from subscriptions.models import CollectionMethod, Invoice, InvoiceStatus
from subscriptions.operations.finalize_invoice import finalize_invoice
from subscriptions.queries.invoices import get_invoice
from subscriptions.steps.announce import announce_invoice


@outside_transaction
def send_invoice(*, merchant_id: UUID, invoice_id: UUID) -> Invoice:
    """Raises: ResourceMissing, InvoiceUnexpectedState (it is charged automatically, or owed no more).

    Writes: as finalize_invoice does for a draft; invoice.sent.
    Safe to repeat: each call is one message more, which is what it asks for.
    """
    invoice = get_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    if invoice.collection_method != CollectionMethod.SEND_INVOICE:
        raise InvoiceUnexpectedState("An invoice that is charged automatically is not sent.")
    if invoice.status == InvoiceStatus.DRAFT:
        finalize_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    return _announce(merchant_id=merchant_id, invoice_id=invoice_id)


@owns_transaction
def _announce(*, merchant_id: UUID, invoice_id: UUID) -> Invoice:
    invoice = lock_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    if invoice.status not in (InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE):
        raise InvoiceUnexpectedState(f"An invoice that is {invoice.status} is not sent.")
    announce_invoice(invoice, events.INVOICE_SENT)
    return invoice
