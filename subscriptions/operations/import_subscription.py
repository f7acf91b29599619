"""Take over a subscription that another system has billed so far: nothing is charged before its next period."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from foundation.context import current
from foundation.ids import new_id
from foundation.money import Money
from foundation.tenancy.queries import get_merchant
from foundation.transactions import owns_transaction
from payments.queries.customers import get_live_customer, get_payment_method
from payments.steps.check_payment_method import refuse_unless_chargeable
from subscriptions import events
from subscriptions.errors import DaysUntilDueMissing, ImportPeriodDiffers
from subscriptions.models import (
    CollectionMethod,
    InvoiceReason,
    Price,
    Subscription,
    SubscriptionItem,
    SubscriptionStatus,
)
from subscriptions.operations.open_subscription import NewItem
from subscriptions.periods import Cycle, Interval, Period
from subscriptions.queries.catalogue import get_price
from subscriptions.queries.subscriptions import find_imported, list_discounts, list_items, now_of
from subscriptions.steps.announce import announce_subscription
from subscriptions.steps.billing_rows import billing_customer_of
from subscriptions.steps.check_items import refuse_unless_items_fit
from subscriptions.steps.finalize_draft import finalize_draft
from subscriptions.steps.reckon_invoice import NewLine
from subscriptions.steps.reckon_subscription import reckon_for_subscription
from subscriptions.steps.subscription_lines import lines_for_periods
from subscriptions.steps.write_invoice import write_subscription_invoice


@dataclass(frozen=True, slots=True)
class ImportedTerms:
    """What the other system knew. period: the current one. anchor_day: of the month, where the period's start was
    clamped (28 February that means the 31st); None for the start's own.

    is_paid: the period was paid there. A paid invoice over nothing then says so, which a later change gives back from.
    """

    started_at: datetime
    period: Period
    anchor_day: int | None = None
    is_trial: bool = False
    is_paid: bool = False
    collection_method: CollectionMethod = CollectionMethod.CHARGE_AUTOMATICALLY
    days_until_due: int | None = None
    default_payment_method_id: UUID | None = None
    cancel_at_period_end: bool = False
    description: str = ""
    metadata: dict[str, str] = field(default_factory=dict)


class Rehearsed(Exception):
    """The transaction is rolled back: everything would have worked."""


@owns_transaction
def import_subscription(
    *,
    merchant_id: UUID,
    import_key: str,
    customer_id: UUID,
    items: Sequence[NewItem],
    terms: ImportedTerms,
    is_rehearsal: bool = False,
) -> tuple[Subscription, bool]:
    """(the subscription, whether it is new). import_key: what the other system calls it.

    is_rehearsal: everything is tried and nothing is kept; raises Rehearsed.
    Raises: ResourceMissing (customer, price, method), ImportPeriodDiffers, DaysUntilDueMissing,
    PaymentMethodCustomerMismatch; as refuse_unless_items_fit.
    Writes: the subscription, its items, customer.subscription.created; with is_paid an invoice over nothing.
    Safe to repeat: an import_key that is known finds the first one, whatever else is said now.
    """
    known = find_imported(merchant_id=merchant_id, import_key=import_key)
    if known is not None:
        return known, False
    customer = get_live_customer(merchant_id=merchant_id, customer_id=customer_id)
    prices = [get_price(merchant_id=merchant_id, price_id=item.price_id) for item in items]
    # What was sold elsewhere may stand at a price at which nothing new is sold.
    refuse_unless_items_fit(prices, [item.quantity for item in items], standing={one.id for one in prices})
    merchant = get_merchant(merchant_id)
    billing_customer = billing_customer_of(merchant_id=merchant_id, customer_id=customer_id)
    now = now_of(billing_customer.test_clock)
    cycle = _cycle(terms, prices[0], billing_customer.timezone or merchant.timezone)
    subscription = _row(import_key, terms, prices[0], cycle, now=now)
    subscription.merchant, subscription.customer = merchant, customer
    subscription.test_clock = billing_customer.test_clock
    _set_method(subscription, terms)
    subscription.save(force_insert=True)
    for item, price in zip(items, prices, strict=True):
        SubscriptionItem(
            merchant_id=merchant_id,
            subscription=subscription,
            price=price,
            quantity=None if price.is_metered else (1 if item.quantity is None else item.quantity),
            metadata=item.metadata,
            created_at=now,
        ).save(force_insert=True)
    if terms.is_paid and not terms.is_trial:
        _note_paid(subscription, terms.period, now=now)
        subscription.save()
    announce_subscription(subscription, events.SUBSCRIPTION_CREATED)
    if is_rehearsal:
        raise Rehearsed()
    return subscription, True


def _cycle(terms: ImportedTerms, price: Price, zone: str) -> Cycle:
    """Whose boundaries the current period has; a trial's end is the anchor. Raises ImportPeriodDiffers."""
    interval, count = Interval(price.interval), price.interval_count
    if terms.is_trial:
        return Cycle(terms.period.end, interval, count, zone, terms.anchor_day)
    cycle = Cycle(terms.period.start, interval, count, zone, terms.anchor_day)
    if cycle.period(0) != terms.period:
        start, end = cycle.boundary(0), cycle.boundary(1)
        raise ImportPeriodDiffers(
            f"By its price and anchor day the period lasts from {start:%Y-%m-%dT%H:%M:%SZ}"
            f" to {end:%Y-%m-%dT%H:%M:%SZ}.",
            param="period_end",
        )
    return cycle


def _row(import_key: str, terms: ImportedTerms, price: Price, cycle: Cycle, *, now: datetime) -> Subscription:
    is_sent = terms.collection_method == CollectionMethod.SEND_INVOICE
    if is_sent != (terms.days_until_due is not None):
        raise DaysUntilDueMissing(param="days_until_due")
    return Subscription(
        id=new_id(),
        status=SubscriptionStatus.TRIALING if terms.is_trial else SubscriptionStatus.ACTIVE,
        import_key=import_key,
        currency=price.currency,
        interval=price.interval,
        interval_count=price.interval_count,
        proration_basis=price.proration_basis,
        timezone=cycle.zone,
        anchor_at=cycle.anchor,
        anchor_day=cycle.day,
        started_at=terms.started_at,
        current_period_start_at=terms.period.start,
        current_period_end_at=terms.period.end,
        next_billing_at=terms.period.end,
        trial_start_at=terms.period.start if terms.is_trial else None,
        trial_end_at=terms.period.end if terms.is_trial else None,
        collection_method=terms.collection_method,
        days_until_due=terms.days_until_due,
        cancel_at_period_end=terms.cancel_at_period_end,
        cancel_at=terms.period.end if terms.cancel_at_period_end else None,
        canceled_at=now if terms.cancel_at_period_end else None,
        description=terms.description,
        metadata=terms.metadata,
        created_at=now,
        request_id=current().request_id,
        trace_id=current().trace_id,
    )


def _set_method(subscription: Subscription, terms: ImportedTerms) -> None:
    if terms.default_payment_method_id is None:
        return
    method = get_payment_method(
        merchant_id=subscription.merchant_id, payment_method_id=terms.default_payment_method_id
    )
    refuse_unless_chargeable(method, customer_id=subscription.customer_id)
    subscription.default_payment_method = method


def _note_paid(subscription: Subscription, period: Period, *, now: datetime) -> None:
    lines = lines_for_periods(subscription, list_items(subscription), [period])
    back = [_counter_line(line) for line in lines if not line.amount.is_zero]
    reckoned = reckon_for_subscription(
        subscription, [*lines, *back], list_discounts(subscription), at=period.start
    )
    invoice = write_subscription_invoice(
        subscription, reckoned, reason=InvoiceReason.CREATE, period=period, now=now
    )
    finalize_draft(invoice, now=now)


def _counter_line(line: NewLine) -> NewLine:
    """Of no item: it covers no time, so that no change ever looks at it."""
    return replace(
        line,
        amount=Money.zero(line.amount.currency) - line.amount,
        description="Paid before the import",
        item=None,
        is_discountable=False,
    )
