"""Give an invoice another public address: the one that is known stops working."""

from __future__ import annotations

import secrets
from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.errors import InvoiceUnexpectedState
from subscriptions.locks import lock_invoice
from subscriptions.models import Invoice, InvoiceStatus
from subscriptions.steps.announce import announce_invoice
from subscriptions.steps.finalize_draft import TOKEN_BYTES


@owns_transaction
def renew_invoice_link(*, merchant_id: UUID, invoice_id: UUID) -> Invoice:
    """Raises: ResourceMissing, InvoiceUnexpectedState (a draft has no address).

    Writes: the invoice, invoice.updated with the new address.
    Safe to repeat: each call revokes the address before it.
    """
    invoice = lock_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    if invoice.status == InvoiceStatus.DRAFT:
        raise InvoiceUnexpectedState("A draft has no page for its customer.")
    invoice.hosted_token = secrets.token_urlsafe(TOKEN_BYTES)
    invoice.save(update_fields=["hosted_token"])
    announce_invoice(invoice, events.INVOICE_UPDATED)
    return invoice
