"""A reckoned invoice that was never written, shaped as an invoice: Stripe's create_preview."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import uuid5

from subscriptions.models import Invoice, InvoiceLine, InvoiceReason, Subscription
from subscriptions.shapes import invoice_shape
from subscriptions.steps.reckon_invoice import ReckonedInvoice
from subscriptions.steps.write_invoice import line_row


def preview_shape(
    subscription: Subscription,
    reckoned: ReckonedInvoice,
    period: tuple[datetime, datetime],
    *,
    livemode: bool,
) -> dict[str, Any]:
    """Ids are made from the subscription's, and name nothing."""
    start, end = period
    invoice = Invoice(
        id=uuid5(subscription.id, "upcoming"),
        merchant_id=subscription.merchant_id,
        customer_id=subscription.customer_id,
        subscription_id=subscription.id,
        reason=InvoiceReason.CYCLE,
        currency=subscription.currency,
        period_start_at=start,
        period_end_at=end,
        subtotal_minor=reckoned.subtotal_minor,
        discount_minor=reckoned.discount_minor,
        tax_minor=reckoned.tax_minor,
        inclusive_tax_minor=reckoned.inclusive_tax_minor,
        total_minor=reckoned.total_minor,
        amount_due_minor=max(reckoned.total_minor, 0),
        collection_method=subscription.collection_method,
        created_at=start,
    )
    lines = [_line(invoice, ordinal, line) for ordinal, line in enumerate(reckoned.lines, start=1)]
    return invoice_shape(invoice, lines, livemode=livemode)


def _line(invoice: Invoice, ordinal: int, line: Any) -> InvoiceLine:
    row = line_row(invoice, ordinal, line, {})
    row.id = uuid5(invoice.id, str(ordinal))
    return row
