"""Create a subscription with its first invoice, and charge it as the payment behaviour says."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from uuid import UUID

from foundation.transactions import outside_transaction
from subscriptions.errors import SubscriptionPaymentFailed
from subscriptions.models import CollectionMethod, InvoicePaymentStatus, InvoiceStatus, Subscription
from subscriptions.operations.ask_tax import ask_tax
from subscriptions.operations.collect_invoice import collect_invoice
from subscriptions.operations.expire_incomplete_subscription import expire_incomplete_subscription
from subscriptions.operations.open_subscription import NewItem, SubscriptionTerms, open_subscription
from subscriptions.queries.invoices import find_latest_payment, get_invoice
from subscriptions.queries.subscriptions import get_subscription


class PaymentBehavior(StrEnum):
    """Stripe's words for what the first payment decides."""

    ALLOW_INCOMPLETE = "allow_incomplete"
    DEFAULT_INCOMPLETE = "default_incomplete"
    ERROR_IF_INCOMPLETE = "error_if_incomplete"


__all__ = ["NewItem", "PaymentBehavior", "SubscriptionTerms", "create_subscription"]


@outside_transaction
def create_subscription(
    *,
    merchant_id: UUID,
    subscription_id: UUID,
    customer_id: UUID,
    items: Sequence[NewItem],
    terms: SubscriptionTerms | None = None,
    payment_behavior: PaymentBehavior = PaymentBehavior.ALLOW_INCOMPLETE,
    off_session: bool = False,
    may_exist: bool = False,
) -> Subscription:
    """The subscription in the state reached.

    subscription_id: the key's reserved id; may_exist: an earlier try under it may have got this far.
    Raises: as open_subscription; SubscriptionPaymentFailed under error_if_incomplete: the invoice is void then, the
    subscription has expired, and nothing was charged.
    Writes: as open_subscription, finalize_invoice and collect_invoice do.
    Safe to repeat: every part finds what it wrote before.
    """
    ask_tax(merchant_id=merchant_id, customer_id=customer_id, price_ids=[item.price_id for item in items])
    subscription = open_subscription(
        merchant_id=merchant_id,
        subscription_id=subscription_id,
        customer_id=customer_id,
        items=items,
        terms=terms or SubscriptionTerms(),
        may_exist=may_exist,
    )
    if subscription.latest_invoice_id is None or not _is_charged_now(subscription):
        return subscription
    invoice = collect_invoice(
        merchant_id=merchant_id,
        invoice_id=subscription.latest_invoice_id,
        attempt=1,
        confirm=payment_behavior != PaymentBehavior.DEFAULT_INCOMPLETE,
        off_session=off_session,
        in_background=False,
    )
    if payment_behavior == PaymentBehavior.ERROR_IF_INCOMPLETE and _has_failed(merchant_id, invoice.id):
        expire_incomplete_subscription(merchant_id=merchant_id, subscription_id=subscription_id, at_once=True)
        raise SubscriptionPaymentFailed()
    return get_subscription(merchant_id=merchant_id, subscription_id=subscription_id)


def _is_charged_now(subscription: Subscription) -> bool:
    invoice = subscription.latest_invoice
    return (
        subscription.collection_method == CollectionMethod.CHARGE_AUTOMATICALLY
        and invoice is not None
        and invoice.status == InvoiceStatus.OPEN
    )


def _has_failed(merchant_id: UUID, invoice_id: UUID) -> bool:
    # A payment whose outcome is not known has not failed: it is waited for, and the subscription with it.
    latest = find_latest_payment(get_invoice(merchant_id=merchant_id, invoice_id=invoice_id))
    return latest is not None and latest.status != InvoicePaymentStatus.PAID and bool(latest.decline_code)
