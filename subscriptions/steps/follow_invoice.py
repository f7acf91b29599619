"""Bring a subscription in line with what became of its invoice, under both locks."""

from __future__ import annotations

from datetime import datetime

from foundation.transactions import joins_transaction
from subscriptions import events
from subscriptions.models import Invoice, Subscription, SubscriptionStatus
from subscriptions.steps.announce import announce_subscription

S = SubscriptionStatus
WAITING_FOR_PAYMENT = (S.INCOMPLETE, S.PAST_DUE, S.UNPAID, S.PAUSED)


@joins_transaction
def follow_paid_invoice(subscription: Subscription, invoice: Invoice, *, now: datetime) -> None:
    """Its latest invoice is paid or given up: it is provided again. Writes the subscription and its event."""
    if subscription.status not in WAITING_FOR_PAYMENT or subscription.latest_invoice_id != invoice.id:
        return
    if subscription.status == S.UNPAID and invoice.due_at is not None and now > invoice.due_at:
        return
    subscription.activate()
    _save(subscription)


@joins_transaction
def follow_failed_invoice(subscription: Subscription, invoice: Invoice) -> None:
    """A finalized invoice could not be collected. The first one leaves an incomplete subscription as it is."""
    if subscription.status not in (S.ACTIVE, S.TRIALING) or subscription.latest_invoice_id != invoice.id:
        return
    subscription.fall_past_due()
    _save(subscription)


def _save(subscription: Subscription) -> None:
    subscription.version += 1
    subscription.save()
    announce_subscription(subscription, events.SUBSCRIPTION_UPDATED)
