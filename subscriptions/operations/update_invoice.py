"""Change a draft's terms; of a finalized invoice only what is no part of the document."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

from foundation.transactions import owns_transaction
from payments.queries.customers import get_payment_method
from payments.steps.check_payment_method import refuse_unless_chargeable
from subscriptions import events
from subscriptions.errors import InvoiceUnexpectedState
from subscriptions.locks import lock_invoice, lock_subscription
from subscriptions.models import Invoice, InvoiceStatus
from subscriptions.queries.invoices import get_invoice
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.announce import announce_invoice
from subscriptions.steps.billing_rows import billing_settings_of

ALWAYS = frozenset({"metadata", "auto_advance", "default_payment_method_id"})


@owns_transaction
def update_invoice(*, merchant_id: UUID, invoice_id: UUID, **fields: Any) -> Invoice:
    """fields: by model name. auto_advance: whether the next step follows by itself.

    Raises: ResourceMissing, InvoiceUnexpectedState, PaymentMethodCustomerMismatch.
    Writes: the invoice, invoice.updated. Safe to repeat.
    """
    known = get_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    subscription = None
    if known.subscription_id is not None:
        subscription = lock_subscription(merchant_id=merchant_id, subscription_id=known.subscription_id)
    invoice = lock_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    is_draft = invoice.status == InvoiceStatus.DRAFT
    if not is_draft and (frozen := sorted(set(fields) - ALWAYS)):
        raise InvoiceUnexpectedState(
            "The invoice is finalized: this does not change any more.", param=frozen[0]
        )
    method_id = fields.get("default_payment_method_id")
    if method_id is not None:
        method = get_payment_method(merchant_id=merchant_id, payment_method_id=method_id)
        refuse_unless_chargeable(method, customer_id=invoice.customer_id)
    for name, value in fields.items():
        setattr(invoice, name, value)
    if is_draft and "auto_advance" in fields:
        now = now_of(subscription.test_clock if subscription else None)
        delay = timedelta(seconds=billing_settings_of(merchant_id).draft_seconds)
        invoice.finalizes_at = now + delay if invoice.auto_advance else None
    invoice.save()
    announce_invoice(invoice, events.INVOICE_UPDATED)
    return invoice
