"""Delete a draft that was made by hand: no number was given, so nothing is missing afterwards."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions.errors import InvoiceUnexpectedState
from subscriptions.locks import lock_invoice
from subscriptions.models import Invoice, InvoiceItem, InvoiceLine, InvoiceStatus


@owns_transaction
def delete_draft_invoice(*, merchant_id: UUID, invoice_id: UUID) -> Invoice:
    """Its items wait again.

    Raises: ResourceMissing, InvoiceUnexpectedState (finalized, or a subscription's: its period would go unbilled).
    Writes: the items; the draft and its lines are gone. Safe to repeat: the second time there is none.
    """
    invoice = lock_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    if invoice.status != InvoiceStatus.DRAFT or invoice.subscription_id is not None:
        raise InvoiceUnexpectedState("Only a draft made by hand can be deleted; others are voided.")
    InvoiceLine.objects.for_merchant(merchant_id).filter(invoice_id=invoice.id).delete()
    InvoiceItem.objects.for_merchant(merchant_id).filter(invoice_id=invoice.id).update(invoice=None)
    Invoice.objects.for_merchant(merchant_id).filter(pk=invoice.pk).delete()
    return invoice
