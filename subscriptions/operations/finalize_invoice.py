"""Finalize an invoice: from here on it is a document."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from foundation.transactions import outside_transaction, owns_transaction
from subscriptions.errors import TaxNotKnown
from subscriptions.locks import lock_invoice, lock_subscription
from subscriptions.models import Invoice, InvoiceStatus, TaxStatus
from subscriptions.operations.ask_tax import ask_tax
from subscriptions.queries.invoices import get_invoice, list_lines
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.finalize_locked import finalize_locked


@outside_transaction
def finalize_invoice(
    *, merchant_id: UUID, invoice_id: UUID, auto_advance: bool | None = None, only_when_due: bool = False
) -> Invoice:
    """auto_advance: whether collecting follows by itself; None leaves what the invoice says. only_when_due: a job's,
    which leaves a draft alone whose time has been moved or taken away since, or whose taxes are not known yet.

    Raises: ResourceMissing, PeriodClosed; TaxNotKnown, but not for a job: that comes again.
    Writes: as ask_tax and finalize_locked do.
    Safe to repeat: an invoice that is no draft any more stays as it is.
    """
    known = get_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    if known.status == InvoiceStatus.DRAFT and known.tax_status == TaxStatus.PENDING:
        price_ids = [line.price_id for line in list_lines(known) if not line.tax_rate_ids]
        ask_tax(merchant_id=merchant_id, customer_id=known.customer_id, price_ids=price_ids)
    return _finalize(
        merchant_id=merchant_id,
        invoice_id=invoice_id,
        auto_advance=auto_advance,
        only_when_due=only_when_due,
    )


@owns_transaction
def _finalize(
    *, merchant_id: UUID, invoice_id: UUID, auto_advance: bool | None, only_when_due: bool
) -> Invoice:
    known = get_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    subscription = None
    if known.subscription_id is not None:
        subscription = lock_subscription(merchant_id=merchant_id, subscription_id=known.subscription_id)
    invoice = lock_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    now = now_of(subscription.test_clock if subscription else None)
    if invoice.status != InvoiceStatus.DRAFT or (only_when_due and not _is_due(invoice, now)):
        return invoice
    if auto_advance is not None:
        invoice.auto_advance = auto_advance
    finalize_locked(subscription, invoice, now=now)
    if invoice.status == InvoiceStatus.DRAFT and not only_when_due:
        raise TaxNotKnown()
    return invoice


def _is_due(invoice: Invoice, now: datetime) -> bool:
    return invoice.finalizes_at is not None and invoice.finalizes_at <= now
