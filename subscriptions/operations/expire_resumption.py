"""Void a resumption invoice that nobody paid in 23 hours: the subscription stays paused."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import outside_transaction, owns_transaction
from subscriptions import events
from subscriptions.errors import InvoicePaymentUnresolved
from subscriptions.locks import lock_invoice, lock_subscription
from subscriptions.models import InvoiceStatus, Subscription, SubscriptionStatus
from subscriptions.operations.give_up_payment import give_up_payment
from subscriptions.queries.invoices import find_open_payment
from subscriptions.queries.subscriptions import get_subscription, now_of
from subscriptions.steps.announce import announce_subscription
from subscriptions.steps.shelve_draft import shelve_draft
from subscriptions.steps.void_open_invoice import void_open_invoice

S = SubscriptionStatus


@outside_transaction
def expire_resumption(*, merchant_id: UUID, subscription_id: UUID) -> Subscription:
    """A payment that may still come is waited for.

    Raises: ResourceMissing. Writes: the payment's end, the invoice, the subscription and their events.
    Safe to repeat: a subscription that waits for no resumption stays as it is.
    """
    subscription = get_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    if subscription.status != S.PAUSED or subscription.latest_invoice_id is None:
        return subscription
    expires = subscription.incomplete_expires_at
    if expires is None or expires > now_of(subscription.test_clock):
        return subscription
    try:
        give_up_payment(merchant_id=merchant_id, invoice_id=subscription.latest_invoice_id)
    except InvoicePaymentUnresolved:
        return subscription
    return _expire(merchant_id=merchant_id, subscription_id=subscription_id)


@owns_transaction
def _expire(*, merchant_id: UUID, subscription_id: UUID) -> Subscription:
    subscription = lock_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    if subscription.status != S.PAUSED or subscription.incomplete_expires_at is None:
        return subscription
    assert subscription.latest_invoice_id is not None, "a resumption has its invoice"
    invoice = lock_invoice(merchant_id=merchant_id, invoice_id=subscription.latest_invoice_id)
    if find_open_payment(invoice) is not None:
        return subscription
    now = now_of(subscription.test_clock)
    if invoice.status in (InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE):
        void_open_invoice(invoice, now=now)
    elif invoice.status == InvoiceStatus.DRAFT:
        shelve_draft(invoice)
    subscription.incomplete_expires_at = None
    subscription.next_billing_at = None
    subscription.version += 1
    subscription.save()
    announce_subscription(subscription, events.SUBSCRIPTION_UPDATED)
    return subscription
