"""Finalize a draft under its locks, and see to what follows: a pause, a subscription that waited, the collection."""

from __future__ import annotations

from datetime import datetime

from foundation.transactions import joins_transaction
from subscriptions import events
from subscriptions.models import Invoice, InvoiceStatus, PauseBehavior, Subscription
from subscriptions.steps.announce import announce_invoice
from subscriptions.steps.finalize_draft import finalize_draft
from subscriptions.steps.follow_invoice import follow_paid_invoice
from subscriptions.steps.stage_collection import stage_collection
from subscriptions.steps.void_open_invoice import void_open_invoice


@joins_transaction
def finalize_locked(subscription: Subscription | None, invoice: Invoice, *, now: datetime) -> None:
    """The invoice is a draft; it is locked, and its subscription before it.

    Writes: as finalize_draft; the subscription when nothing was owed; the job that collects. While collection is
    paused, the invoice is voided or marked uncollectible as the pause says. Raises PeriodClosed.
    """
    finalize_draft(invoice, now=now)
    if subscription is not None and _is_paused(subscription, invoice):
        _apply_pause(subscription, invoice, now=now)
    elif invoice.status == InvoiceStatus.PAID and subscription is not None:
        follow_paid_invoice(subscription, invoice, now=now)
    else:
        stage_collection(invoice)


def _is_paused(subscription: Subscription, invoice: Invoice) -> bool:
    return bool(subscription.pause_behavior) and invoice.status == InvoiceStatus.OPEN


def _apply_pause(subscription: Subscription, invoice: Invoice, *, now: datetime) -> None:
    if subscription.pause_behavior == PauseBehavior.VOID:
        void_open_invoice(invoice, now=now)
    elif subscription.pause_behavior == PauseBehavior.MARK_UNCOLLECTIBLE:
        invoice.give_up(now)
        invoice.save()
        announce_invoice(invoice, events.INVOICE_MARKED_UNCOLLECTIBLE)
