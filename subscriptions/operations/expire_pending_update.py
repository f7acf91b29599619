"""Drop a change whose payment did not come: its invoice is void, and the subscription stays as it is."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import outside_transaction, owns_transaction
from subscriptions.errors import InvoicePaymentUnresolved
from subscriptions.locks import lock_subscription
from subscriptions.models import Subscription
from subscriptions.operations.give_up_payment import give_up_payment
from subscriptions.queries.subscriptions import get_subscription, now_of
from subscriptions.steps.pending_update import drop_pending_update


@outside_transaction
def expire_pending_update(*, merchant_id: UUID, subscription_id: UUID, at_once: bool = False) -> Subscription:
    """at_once: before its time is over, because something else is to change. A payment that may still come is waited
    for: it is canceled first, and may turn out to have been made, which makes the change.

    Raises: ResourceMissing; InvoicePaymentUnresolved with at_once, while the outcome is not known.
    Writes: the payment's end, the invoice, the subscription and their events.
    Safe to repeat: a subscription of which no change waits stays as it is.
    """
    subscription = get_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    if subscription.pending_update is None or not (at_once or _is_over(subscription)):
        return subscription
    invoice_id = subscription.pending_update["invoice"]
    try:
        give_up_payment(merchant_id=merchant_id, invoice_id=UUID(invoice_id))
    except InvoicePaymentUnresolved:
        if at_once:
            raise
        return subscription
    return _drop(merchant_id=merchant_id, subscription_id=subscription_id, invoice_id=invoice_id)


@owns_transaction
def _drop(*, merchant_id: UUID, subscription_id: UUID, invoice_id: str) -> Subscription:
    subscription = lock_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    update = subscription.pending_update
    # Paid meanwhile, or another change waits by now.
    if update is not None and update["invoice"] == invoice_id:
        drop_pending_update(subscription, now=now_of(subscription.test_clock))
    return subscription


def _is_over(subscription: Subscription) -> bool:
    expires = subscription.pending_update_expires_at
    return expires is not None and expires <= now_of(subscription.test_clock)
