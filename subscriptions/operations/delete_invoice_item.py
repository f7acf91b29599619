"""Take an item back that is on no finalized invoice."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.errors import InvoiceItemOffDraft
from subscriptions.locks import lock_invoice, lock_invoice_item
from subscriptions.models import InvoiceItem, InvoiceStatus
from subscriptions.queries.invoices import get_invoice_item
from subscriptions.shapes import invoice_item_shape
from subscriptions.steps.announce import announce
from subscriptions.steps.manual_invoice import items_on, rewrite_draft


@owns_transaction
def delete_invoice_item(*, merchant_id: UUID, invoice_item_id: UUID) -> InvoiceItem:
    """A proration stays: the debit that it cuts would be billed twice.

    Raises: ResourceMissing, InvoiceItemOffDraft. Writes: the item, invoiceitem.deleted; the draft it was on.
    Safe to repeat: the second time there is no such item.
    """
    known = get_invoice_item(merchant_id=merchant_id, invoice_item_id=invoice_item_id)
    invoice = None
    if known.invoice_id is not None:
        invoice = lock_invoice(merchant_id=merchant_id, invoice_id=known.invoice_id)
    item = lock_invoice_item(merchant_id=merchant_id, invoice_item_id=invoice_item_id)
    is_loose = invoice is None or (invoice.status == InvoiceStatus.DRAFT and invoice.subscription_id is None)
    if not is_loose or item.is_proration or item.invoice_id != known.invoice_id:
        raise InvoiceItemOffDraft(param="id")
    if invoice is not None:
        rewrite_draft(invoice, [one for one in items_on(invoice) if one.id != item.id])
    item.invoice = None
    item.deleted_at = clock.now()
    item.save(update_fields=["invoice", "deleted_at"])
    shape = invoice_item_shape(item, livemode=known.merchant.livemode)
    announce(item, events.INVOICE_ITEM_DELETED, shape)
    return item
