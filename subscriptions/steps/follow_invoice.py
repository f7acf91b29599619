"""Bring a subscription in line with what became of its invoice, under both locks."""

from __future__ import annotations

from datetime import datetime

from foundation.transactions import joins_transaction
from subscriptions import events
from subscriptions.models import Invoice, InvoiceStatus, Subscription, SubscriptionStatus
from subscriptions.steps.announce import announce_subscription
from subscriptions.steps.pending_update import settle_pending_update, waits_for

S = SubscriptionStatus
WAITING_FOR_PAYMENT = (S.INCOMPLETE, S.PAST_DUE, S.UNPAID, S.PAUSED)


@joins_transaction
def follow_paid_invoice(subscription: Subscription, invoice: Invoice, *, now: datetime) -> None:
    """Its latest invoice is paid or given up: it is provided again. Writes the subscription and its events.

    A change that waited for the invoice is made when it was paid, and dropped when nobody will.
    """
    if waits_for(subscription, invoice):
        settle_pending_update(subscription, invoice, now=now)
        if invoice.status != InvoiceStatus.PAID:
            return
    if subscription.status not in WAITING_FOR_PAYMENT or subscription.latest_invoice_id != invoice.id:
        return
    if invoice.status == InvoiceStatus.VOID and subscription.status != S.PAST_DUE:
        # Nobody has paid for what was to begin with it.
        return
    if subscription.status == S.UNPAID and invoice.due_at is not None and now > invoice.due_at:
        return
    types = [events.SUBSCRIPTION_UPDATED]
    if subscription.status == S.PAUSED:
        types = [events.SUBSCRIPTION_RESUMED, *types]
    subscription.activate()
    _save(subscription, *types)


@joins_transaction
def follow_failed_invoice(subscription: Subscription, invoice: Invoice) -> None:
    """A finalized invoice could not be collected. The first one leaves an incomplete subscription as it is, and one
    that a change waits for the subscription as it was.
    """
    if waits_for(subscription, invoice):
        return
    if subscription.status not in (S.ACTIVE, S.TRIALING) or subscription.latest_invoice_id != invoice.id:
        return
    subscription.fall_past_due()
    _save(subscription, events.SUBSCRIPTION_UPDATED)


def _save(subscription: Subscription, *types: str) -> None:
    subscription.version += 1
    subscription.save()
    announce_subscription(subscription, *types)
