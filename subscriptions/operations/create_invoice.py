"""Create a draft by hand, over nothing or over what waits for the customer."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from uuid import UUID

from foundation.context import current
from foundation.tenancy.queries import get_merchant
from foundation.transactions import owns_transaction
from payments.queries.customers import get_live_customer
from subscriptions import events
from subscriptions.errors import DaysUntilDueMissing
from subscriptions.models import CollectionMethod, Invoice, InvoiceReason
from subscriptions.queries.invoices import list_invoices
from subscriptions.queries.subscriptions import list_pending_items, now_of
from subscriptions.steps.announce import announce_invoice
from subscriptions.steps.billing_rows import billing_customer_of, billing_settings_of
from subscriptions.steps.manual_invoice import rewrite_draft

MAX_PENDING = 250


@owns_transaction
def create_invoice(
    *,
    merchant_id: UUID,
    invoice_id: UUID,
    customer_id: UUID,
    currency: str,
    collection_method: CollectionMethod = CollectionMethod.CHARGE_AUTOMATICALLY,
    days_until_due: int | None = None,
    auto_advance: bool = False,
    includes_pending: bool = False,
    description: str = "",
    footer: str = "",
    metadata: Mapping[str, str] | None = None,
    may_exist: bool = False,
) -> Invoice:
    """auto_advance: finalized within the hour, and collected. includes_pending: with every item that waits for the
    customer in this currency and is no subscription's.

    Raises: ResourceMissing (customer), DaysUntilDueMissing.
    Writes: the draft, its lines, invoice.created.
    Safe to repeat: with may_exist the same invoice_id finds the first one.
    """
    if may_exist:
        existing = list_invoices(merchant_id=merchant_id).filter(pk=invoice_id).first()
        if existing is not None:
            return existing
    _refuse_unless_due_days_fit(collection_method, days_until_due)
    merchant = get_merchant(merchant_id)
    customer = get_live_customer(merchant_id=merchant_id, customer_id=customer_id)
    billing = billing_customer_of(merchant_id=merchant_id, customer_id=customer_id)
    now = now_of(billing.test_clock)
    settings = billing_settings_of(merchant_id)
    invoice = Invoice(
        id=invoice_id,
        merchant=merchant,
        customer=customer,
        reason=InvoiceReason.MANUAL,
        currency=currency,
        period_start_at=now,
        period_end_at=now,
        collection_method=collection_method,
        due_at=_later(now, days=days_until_due),
        auto_advance=auto_advance,
        finalizes_at=_later(now, seconds=settings.draft_seconds if auto_advance else None),
        description=description,
        footer=footer or settings.invoice_footer,
        metadata=dict(metadata or {}),
        created_at=now,
        request_id=current().request_id,
        trace_id=current().trace_id,
    )
    invoice.save(force_insert=True)
    if includes_pending:
        pending = list_pending_items(merchant_id=merchant_id, customer_id=customer_id, currency=currency)
        waiting = pending.filter(subscription__isnull=True).select_related("price__product")
        rewrite_draft(invoice, list(waiting[:MAX_PENDING]))
    announce_invoice(invoice, events.INVOICE_CREATED)
    return invoice


def _refuse_unless_due_days_fit(collection_method: CollectionMethod, days_until_due: int | None) -> None:
    is_sent = collection_method == CollectionMethod.SEND_INVOICE
    if is_sent != (days_until_due is not None):
        raise DaysUntilDueMissing(param="days_until_due")


def _later(now: datetime, *, days: int | None = None, seconds: int | None = None) -> datetime | None:
    if days is None and seconds is None:
        return None
    return now + timedelta(days=days or 0, seconds=seconds or 0)
