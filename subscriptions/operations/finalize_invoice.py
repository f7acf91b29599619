"""Finalize an invoice: from here on it is a document."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.locks import lock_invoice, lock_subscription
from subscriptions.models import Invoice, InvoiceStatus, PauseBehavior, Subscription
from subscriptions.queries.invoices import get_invoice
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.announce import announce_invoice
from subscriptions.steps.finalize_draft import finalize_draft
from subscriptions.steps.follow_invoice import follow_paid_invoice
from subscriptions.steps.stage_collection import stage_collection
from subscriptions.steps.void_open_invoice import void_open_invoice


@owns_transaction
def finalize_invoice(*, merchant_id: UUID, invoice_id: UUID, auto_advance: bool | None = None) -> Invoice:
    """auto_advance: whether collecting follows by itself; None leaves what the invoice says.

    Raises: ResourceMissing, PeriodClosed.
    Writes: as finalize_draft; the subscription when nothing was owed; the job that collects. While collection is
    paused, the invoice is voided or marked uncollectible as the pause says.
    Safe to repeat: an invoice that is no draft any more stays as it is.
    """
    known = get_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    subscription = None
    if known.subscription_id is not None:
        subscription = lock_subscription(merchant_id=merchant_id, subscription_id=known.subscription_id)
    invoice = lock_invoice(merchant_id=merchant_id, invoice_id=invoice_id)
    if invoice.status != InvoiceStatus.DRAFT:
        return invoice
    if auto_advance is not None:
        invoice.auto_advance = auto_advance
    now = now_of(subscription.test_clock if subscription else None)
    finalize_draft(invoice, now=now)
    if subscription is not None and _is_paused(subscription, invoice):
        _apply_pause(subscription, invoice)
    elif invoice.status == InvoiceStatus.PAID and subscription is not None:
        follow_paid_invoice(subscription, invoice, now=now)
    else:
        stage_collection(invoice)
    return invoice


def _is_paused(subscription: Subscription, invoice: Invoice) -> bool:
    return bool(subscription.pause_behavior) and invoice.status == InvoiceStatus.OPEN


def _apply_pause(subscription: Subscription, invoice: Invoice) -> None:
    now = now_of(subscription.test_clock)
    if subscription.pause_behavior == PauseBehavior.VOID:
        void_open_invoice(invoice, now=now)
    elif subscription.pause_behavior == PauseBehavior.MARK_UNCOLLECTIBLE:
        invoice.give_up(now)
        invoice.save()
        announce_invoice(invoice, events.INVOICE_MARKED_UNCOLLECTIBLE)
