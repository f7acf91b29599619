"""Expire a subscription whose first payment did not come: its invoice is void, and can not be paid any more."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import outside_transaction, owns_transaction
from payments.operations.cancel_payment_intent import cancel_payment_intent
from payments.queries.intent_standing import Standing, find_standing
from subscriptions import events
from subscriptions.locks import lock_invoice, lock_subscription
from subscriptions.models import InvoiceStatus, Subscription, SubscriptionStatus
from subscriptions.operations.record_failed_try import record_failed_try
from subscriptions.operations.record_invoice_payment import record_invoice_payment
from subscriptions.queries.invoices import find_open_payment, get_invoice
from subscriptions.queries.subscriptions import get_subscription, now_of
from subscriptions.steps.announce import announce_subscription
from subscriptions.steps.shelve_draft import shelve_draft
from subscriptions.steps.void_open_invoice import void_open_invoice


@outside_transaction
def expire_incomplete_subscription(
    *, merchant_id: UUID, subscription_id: UUID, at_once: bool = False
) -> Subscription:
    """at_once: before its 23 hours are over, because nobody waits for it.

    A payment that may still come keeps it incomplete: it is canceled first, and while its outcome is not known nothing
    expires. Raises ResourceMissing. Writes: the payment intent's end, the invoice, the subscription and their events.
    Safe to repeat: a subscription that is not incomplete any more stays as it is.
    """
    subscription = get_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    if subscription.status != SubscriptionStatus.INCOMPLETE or subscription.latest_invoice_id is None:
        return subscription
    invoice = get_invoice(merchant_id=merchant_id, invoice_id=subscription.latest_invoice_id)
    payment = find_open_payment(invoice)
    if payment is not None:
        found = find_standing(merchant_id=merchant_id, payment_intent_id=payment.id)
        if found is not None and found.standing in (Standing.WAITING, Standing.NEEDS_CUSTOMER):
            cancel_payment_intent(merchant_id=merchant_id, payment_intent_id=payment.id, reason="abandoned")
        if found is None:
            record_failed_try(merchant_id=merchant_id, invoice_payment_id=payment.id, code="abandoned")
        else:
            record_invoice_payment(merchant_id=merchant_id, payment_intent_id=payment.id)
    return _expire(merchant_id=merchant_id, subscription_id=subscription_id, at_once=at_once)


@owns_transaction
def _expire(*, merchant_id: UUID, subscription_id: UUID, at_once: bool) -> Subscription:
    subscription = lock_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    now = now_of(subscription.test_clock)
    is_over = subscription.incomplete_expires_at is not None and now >= subscription.incomplete_expires_at
    if subscription.status != SubscriptionStatus.INCOMPLETE or not (is_over or at_once):
        return subscription
    assert subscription.latest_invoice_id is not None, "an incomplete subscription has its first invoice"
    invoice = lock_invoice(merchant_id=merchant_id, invoice_id=subscription.latest_invoice_id)
    if find_open_payment(invoice) is not None:
        # It may still charge: the subscription waits for the answer with it.
        return subscription
    if invoice.status in (InvoiceStatus.OPEN, InvoiceStatus.UNCOLLECTIBLE):
        void_open_invoice(invoice, now=now)
    elif invoice.status == InvoiceStatus.DRAFT:
        shelve_draft(invoice)
    subscription.expire(now)
    subscription.version += 1
    subscription.save()
    announce_subscription(subscription, events.SUBSCRIPTION_UPDATED)
    return subscription
