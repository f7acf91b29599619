"""Change a subscription's terms: words, methods, its end, its pause. Items have an operation of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from foundation.transactions import owns_transaction
from payments.queries.customers import get_payment_method
from payments.steps.check_payment_method import refuse_unless_chargeable
from subscriptions import events
from subscriptions.errors import DaysUntilDueMissing, PeriodDatesOutOfOrder, SubscriptionUnexpectedState
from subscriptions.locks import lock_subscription
from subscriptions.models import CollectionMethod, PauseBehavior, Subscription
from subscriptions.queries.catalogue import get_tax_rates
from subscriptions.queries.subscriptions import list_discounts, now_of
from subscriptions.steps.announce import announce_subscription
from subscriptions.steps.redeem import Redemption, redeem


@dataclass(frozen=True, slots=True)
class Pause:
    """Of collection; the status stays. resumes_at: None for until somebody resumes it."""

    behavior: PauseBehavior
    resumes_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class SubscriptionChange:
    """None leaves a thing; for what can be taken away, `clears` names it: cancel_at, pause, discounts, method."""

    cancel_at: datetime | None = None
    cancel_at_period_end: bool | None = None
    pause: Pause | None = None
    collection_method: CollectionMethod | None = None
    days_until_due: int | None = None
    default_payment_method_id: UUID | None = None
    default_tax_rate_ids: tuple[UUID, ...] | None = None
    discounts: tuple[Redemption, ...] | None = None
    missing_payment_method: str | None = None
    clears: frozenset[str] = frozenset()


@owns_transaction
def update_subscription(
    *, merchant_id: UUID, subscription_id: UUID, change: SubscriptionChange | None = None, **fields: Any
) -> Subscription:
    """fields: by model name (description, metadata, payment_settings, cancellation_comment, …).

    Nothing of it prorates. A cancellation is carried out by the renewal that it falls on, or by beat in mid-period.
    Raises: ResourceMissing, SubscriptionUnexpectedState (it has ended), PaymentMethodCustomerMismatch,
    DaysUntilDueMissing, CouponNotRedeemable, PeriodDatesOutOfOrder (an end in the past).
    Writes: the subscription, its discounts, customer.subscription.updated. Safe to repeat.
    """
    subscription = lock_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    if not subscription.is_live:
        raise SubscriptionUnexpectedState(f"A subscription that is {subscription.status} does not change.")
    change = change or SubscriptionChange()
    now = now_of(subscription.test_clock)
    for name, value in fields.items():
        setattr(subscription, name, value)
    _plan_end(subscription, change, now=now)
    _pause(subscription, change)
    _set_collection(subscription, change)
    _set_discounts(subscription, change, now=now)
    if change.default_tax_rate_ids is not None:
        get_tax_rates(merchant_id=merchant_id, tax_rate_ids=change.default_tax_rate_ids)
        subscription.default_tax_rate_ids = [str(rate_id) for rate_id in change.default_tax_rate_ids]
    if change.missing_payment_method is not None:
        subscription.missing_payment_method = change.missing_payment_method
    subscription.version += 1
    subscription.save()
    announce_subscription(subscription, events.SUBSCRIPTION_UPDATED)
    return subscription


def _plan_end(subscription: Subscription, change: SubscriptionChange, *, now: datetime) -> None:
    if change.cancel_at is not None:
        if change.cancel_at <= now:
            raise PeriodDatesOutOfOrder("The end lies in the past: cancel it now instead.", param="cancel_at")
        subscription.cancel_at = change.cancel_at
    elif "cancel_at" in change.clears:
        subscription.cancel_at = None
    if change.cancel_at_period_end is not None:
        subscription.cancel_at_period_end = change.cancel_at_period_end
        subscription.cancel_at = subscription.current_period_end_at if change.cancel_at_period_end else None
    ends = subscription.cancel_at is not None
    if not ends:
        subscription.canceled_at = None
        subscription.cancellation_reason = ""
    elif subscription.canceled_at is None:
        subscription.canceled_at = now
        subscription.cancellation_reason = "cancellation_requested"


def _pause(subscription: Subscription, change: SubscriptionChange) -> None:
    if change.pause is not None:
        subscription.pause_behavior = change.pause.behavior
        subscription.pause_resumes_at = change.pause.resumes_at
    elif "pause" in change.clears:
        subscription.pause_behavior = ""
        subscription.pause_resumes_at = None


def _set_collection(subscription: Subscription, change: SubscriptionChange) -> None:
    if change.collection_method is not None:
        subscription.collection_method = change.collection_method
        is_sent = change.collection_method == CollectionMethod.SEND_INVOICE
        subscription.days_until_due = subscription.days_until_due if is_sent else None
    if change.days_until_due is not None:
        subscription.days_until_due = change.days_until_due
    is_sent = subscription.collection_method == CollectionMethod.SEND_INVOICE
    if is_sent != (subscription.days_until_due is not None):
        raise DaysUntilDueMissing(param="days_until_due")
    if change.default_payment_method_id is not None:
        method = get_payment_method(
            merchant_id=subscription.merchant_id, payment_method_id=change.default_payment_method_id
        )
        refuse_unless_chargeable(method, customer_id=subscription.customer_id)
        subscription.default_payment_method = method
    elif "default_payment_method" in change.clears:
        subscription.default_payment_method = None


def _set_discounts(subscription: Subscription, change: SubscriptionChange, *, now: datetime) -> None:
    if change.discounts is None and "discounts" not in change.clears:
        return
    for discount in list_discounts(subscription):
        if discount.subscription_item_id is None:
            discount.removed_at = now
            discount.save(update_fields=["removed_at"])
    redeem(change.discounts or (), subscription=subscription, item=None, at=now)
