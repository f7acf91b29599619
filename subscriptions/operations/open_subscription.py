"""Write a subscription, its items and discounts, and its first invoice: one transaction, nothing is charged yet."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from foundation.context import current
from foundation.tenancy.queries import get_merchant
from foundation.transactions import owns_transaction
from payments.queries.customers import get_live_customer, get_payment_method
from payments.steps.check_payment_method import refuse_unless_chargeable
from subscriptions import events
from subscriptions.errors import DaysUntilDueMissing
from subscriptions.models import (
    CollectionMethod,
    Invoice,
    InvoiceReason,
    InvoiceStatus,
    Price,
    Subscription,
    SubscriptionItem,
    SubscriptionStatus,
)
from subscriptions.periods import Period
from subscriptions.queries.catalogue import get_price, get_tax_rates
from subscriptions.queries.subscriptions import find_subscription, list_discounts, list_items, now_of
from subscriptions.steps.announce import announce_subscription
from subscriptions.steps.billing_rows import billing_customer_of
from subscriptions.steps.check_items import refuse_unless_items_fit
from subscriptions.steps.finalize_draft import finalize_draft
from subscriptions.steps.first_invoice import reckon_first_invoice
from subscriptions.steps.plan_dates import AnchorDay, PlannedDates, plan_dates
from subscriptions.steps.redeem import Redemption, redeem
from subscriptions.steps.write_invoice import note_discounts_used, write_subscription_invoice


@dataclass(frozen=True, slots=True)
class NewItem:
    """quantity: None for a metered price, and one for any other. discounts: of this item."""

    price_id: UUID
    quantity: int | None = None
    tax_rate_ids: tuple[UUID, ...] = ()
    discounts: tuple[Redemption, ...] = ()
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SubscriptionTerms:
    """Everything about a new subscription but its items. Instants in UTC; None leaves a thing to its default."""

    collection_method: CollectionMethod = CollectionMethod.CHARGE_AUTOMATICALLY
    days_until_due: int | None = None
    trial_end_at: datetime | None = None
    trial_period_days: int | None = None
    anchor_at: datetime | None = None
    anchor_day: AnchorDay | None = None
    backdate_start_at: datetime | None = None
    default_payment_method_id: UUID | None = None
    default_tax_rate_ids: tuple[UUID, ...] = ()
    discounts: tuple[Redemption, ...] = ()
    cancel_at: datetime | None = None
    cancel_at_period_end: bool = False
    missing_payment_method: str = "create_invoice"
    description: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    payment_settings: dict[str, Any] = field(default_factory=dict)


@owns_transaction
def open_subscription(
    *,
    merchant_id: UUID,
    subscription_id: UUID,
    customer_id: UUID,
    items: Sequence[NewItem],
    terms: SubscriptionTerms,
    may_exist: bool = False,
) -> Subscription:
    """trialing, active (nothing is owed, or the invoice is sent) or incomplete, with a finalized first invoice.

    Raises: ResourceMissing (customer, price, method, tax rate, coupon), SubscriptionItemsMissing,
    SubscriptionItemsDiffer, PriceNotRecurring, PriceInactive, QuantityNotAllowed, CouponNotRedeemable,
    PaymentMethodCustomerMismatch, DaysUntilDueMissing, PeriodDatesOutOfOrder, TooManyPeriods, BillingDayImpossible.
    Writes: the subscription, items, discounts, the invoice with its lines and ledger entries, their events.
    Safe to repeat: with may_exist the same subscription_id finds the first one.
    """
    if may_exist:
        existing = find_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
        if existing is not None:
            return existing
    customer = get_live_customer(merchant_id=merchant_id, customer_id=customer_id)
    prices = [get_price(merchant_id=merchant_id, price_id=item.price_id) for item in items]
    refuse_unless_items_fit(prices, [item.quantity for item in items])
    refuse_unless_due_days_fit(terms)
    merchant = get_merchant(merchant_id)
    billing_customer = billing_customer_of(merchant_id=merchant_id, customer_id=customer_id)
    now = now_of(billing_customer.test_clock)
    zone = billing_customer.timezone or merchant.timezone
    dates = plan_dates(
        prices[0],
        zone=zone,
        now=now,
        anchor_at=terms.anchor_at,
        anchor_day=terms.anchor_day,
        backdate_start_at=terms.backdate_start_at,
        trial_end_at=terms.trial_end_at,
        trial_period_days=terms.trial_period_days,
    )
    subscription = _new_subscription(subscription_id, terms, prices[0], dates, zone, now)
    subscription.merchant, subscription.customer = merchant, customer
    subscription.test_clock = billing_customer.test_clock
    if terms.default_payment_method_id is not None:
        method = get_payment_method(
            merchant_id=merchant_id, payment_method_id=terms.default_payment_method_id
        )
        refuse_unless_chargeable(method, customer_id=customer_id)
        subscription.default_payment_method = method
    subscription.save(force_insert=True)
    _write_items(subscription, items, prices, terms, now=now)
    invoice = _write_first_invoice(subscription, dates, now=now)
    _settle(subscription, invoice)
    subscription.save()
    announce_subscription(subscription, events.SUBSCRIPTION_CREATED)
    return subscription


def refuse_unless_due_days_fit(terms: SubscriptionTerms) -> None:
    is_sent = terms.collection_method == CollectionMethod.SEND_INVOICE
    if is_sent != (terms.days_until_due is not None):
        raise DaysUntilDueMissing(param="days_until_due")


def _new_subscription(
    subscription_id: UUID,
    terms: SubscriptionTerms,
    price: Price,
    dates: PlannedDates,
    zone: str,
    now: datetime,
) -> Subscription:
    return Subscription(
        id=subscription_id,
        status=SubscriptionStatus.TRIALING if dates.trial else SubscriptionStatus.INCOMPLETE,
        currency=price.currency,
        interval=price.interval,
        interval_count=price.interval_count,
        proration_basis=price.proration_basis,
        timezone=zone,
        anchor_at=dates.cycle.anchor,
        anchor_day=dates.cycle.day,
        started_at=dates.started_at,
        current_period_start_at=dates.current.start,
        current_period_end_at=dates.current.end,
        next_billing_at=dates.current.end,
        trial_start_at=dates.trial.start if dates.trial else None,
        trial_end_at=dates.trial.end if dates.trial else None,
        incomplete_expires_at=dates.incomplete_expires_at,
        collection_method=terms.collection_method,
        days_until_due=terms.days_until_due,
        cancel_at=terms.cancel_at,
        cancel_at_period_end=terms.cancel_at_period_end,
        missing_payment_method=terms.missing_payment_method,
        description=terms.description,
        metadata=terms.metadata,
        payment_settings=terms.payment_settings,
        default_tax_rate_ids=[str(rate_id) for rate_id in terms.default_tax_rate_ids],
        created_at=now,
        request_id=current().request_id,
        trace_id=current().trace_id,
    )


def _write_items(
    subscription: Subscription,
    items: Sequence[NewItem],
    prices: Sequence[Price],
    terms: SubscriptionTerms,
    *,
    now: datetime,
) -> None:
    merchant_id = subscription.merchant_id
    get_tax_rates(merchant_id=merchant_id, tax_rate_ids=terms.default_tax_rate_ids)
    for new, price in zip(items, prices, strict=True):
        get_tax_rates(merchant_id=merchant_id, tax_rate_ids=new.tax_rate_ids)
        item = SubscriptionItem(
            merchant_id=merchant_id,
            subscription=subscription,
            price=price,
            quantity=None if price.is_metered else (1 if new.quantity is None else new.quantity),
            tax_rate_ids=[str(rate_id) for rate_id in new.tax_rate_ids],
            metadata=new.metadata,
            created_at=now,
        )
        item.save(force_insert=True)
        redeem(new.discounts, subscription=subscription, item=item, at=subscription.started_at)
    redeem(terms.discounts, subscription=subscription, item=None, at=subscription.started_at)


def _write_first_invoice(subscription: Subscription, dates: PlannedDates, *, now: datetime) -> Invoice:
    items, discounts = list_items(subscription), list_discounts(subscription)
    reckoned = reckon_first_invoice(subscription, items, discounts, dates)
    note_discounts_used(reckoned, discounts)
    invoice = write_subscription_invoice(
        subscription,
        reckoned,
        reason=InvoiceReason.CREATE,
        period=Period(dates.started_at, dates.current.end),
        now=now,
    )
    finalize_draft(invoice, now=now)
    return invoice


def _settle(subscription: Subscription, invoice: Invoice) -> None:
    is_sent = subscription.collection_method == CollectionMethod.SEND_INVOICE
    is_incomplete = subscription.status == SubscriptionStatus.INCOMPLETE
    if is_incomplete and (is_sent or invoice.status == InvoiceStatus.PAID):
        subscription.activate()
