"""Change an item that waits: its amount, words or metadata."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions.errors import InvoiceItemOffDraft
from subscriptions.locks import lock_invoice, lock_invoice_item
from subscriptions.models import InvoiceItem, InvoiceStatus
from subscriptions.queries.invoices import get_invoice_item
from subscriptions.steps.manual_invoice import items_on, rewrite_draft


@owns_transaction
def update_invoice_item(*, merchant_id: UUID, invoice_item_id: UUID, **fields: Any) -> InvoiceItem:
    """fields: amount_minor, description, metadata, is_discountable.

    Raises: ResourceMissing, InvoiceItemOffDraft (finalized, a subscription's, or a proration).
    Writes: the item; the draft it is on. Safe to repeat.
    """
    known = get_invoice_item(merchant_id=merchant_id, invoice_item_id=invoice_item_id)
    invoice = None
    if known.invoice_id is not None:
        invoice = lock_invoice(merchant_id=merchant_id, invoice_id=known.invoice_id)
    item = lock_invoice_item(merchant_id=merchant_id, invoice_item_id=invoice_item_id)
    is_loose = invoice is None or (invoice.status == InvoiceStatus.DRAFT and invoice.subscription_id is None)
    if not is_loose or item.is_proration or item.invoice_id != known.invoice_id:
        raise InvoiceItemOffDraft(param="id")
    for name, value in fields.items():
        setattr(item, name, value)
    item.save()
    if invoice is not None:
        rewrite_draft(invoice, items_on(invoice))
    return item
