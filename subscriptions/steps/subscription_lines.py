"""What a subscription owes for periods of time, item by item. Writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from foundation.money import HALF_UP, Money, round_fraction
from subscriptions.models import InvoiceItem, Subscription, SubscriptionItem
from subscriptions.periods import Period
from subscriptions.proration import Basis, Ruler
from subscriptions.queries.subscriptions import list_pending_items
from subscriptions.steps.reckon_invoice import NewLine


def lines_for_periods(
    subscription: Subscription, items: Sequence[SubscriptionItem], periods: Sequence[Period]
) -> list[NewLine]:
    """Licensed items in advance: a line per item and period; a part of a natural period costs its part."""
    return [
        _line(subscription, item, period) for period in periods for item in items if not item.price.is_metered
    ]


def lines_for_trial(
    subscription: Subscription, items: Sequence[SubscriptionItem], trial: Period
) -> list[NewLine]:
    """A line over nothing for each licensed item: the invoice says what the customer has."""
    return [
        NewLine(
            amount=Money.zero(subscription.currency),
            period=trial,
            description=f"Trial period for {item.price.product.name}",
            item=item,
            price=item.price,
            quantity=Decimal(item.quantity or 0),
            tax_rate_ids=tax_rate_ids_of(subscription, item),
        )
        for item in items
        if not item.price.is_metered
    ]


def pending_lines(subscription: Subscription) -> list[NewLine]:
    """What waits for the next invoice of this subscription: prorations of its changes, and loose items."""
    pending = list_pending_items(
        merchant_id=subscription.merchant_id,
        customer_id=subscription.customer_id,
        currency=subscription.currency,
    ).select_related("price__product", "subscription_item")
    return [line_of(waiting) for waiting in pending if waits_for(waiting, subscription)]


def waits_for(waiting: InvoiceItem, subscription: Subscription) -> bool:
    """Whether a pending item of the same customer goes on the next invoice of this subscription."""
    return waiting.subscription_id in (None, subscription.id) and waiting.currency == subscription.currency


def line_of(waiting: InvoiceItem) -> NewLine:
    """The line that a pending item becomes. Its price, product and subscription item are loaded."""
    return NewLine(
        amount=waiting.amount,
        period=Period(waiting.period_start_at, waiting.period_end_at),
        description=waiting.description,
        item=waiting.subscription_item,
        price=waiting.price,
        quantity=waiting.quantity,
        ruler=waiting.as_debit().ruler if waiting.natural_start_at is not None else None,
        part_units=waiting.part_units,
        whole_units=waiting.whole_units,
        is_proration=waiting.is_proration,
        is_discountable=waiting.is_discountable,
        tax_rate_ids=tuple(waiting.tax_rate_ids),
        invoice_item=waiting,
        reverses_line_id=waiting.reverses_line_id,
        reverses_item_id=waiting.reverses_item_id,
    )


def ruler_for(subscription: Subscription, at: datetime) -> Ruler:
    """What parts of the natural period that covers `at` are measured with."""
    return Ruler.of(subscription.cycle, at, Basis(subscription.proration_basis))


def tax_rate_ids_of(subscription: Subscription, item: SubscriptionItem) -> tuple[str, ...]:
    return tuple(item.tax_rate_ids or subscription.default_tax_rate_ids)


def _line(subscription: Subscription, item: SubscriptionItem, period: Period) -> NewLine:
    ruler = ruler_for(subscription, period.start)
    part, whole = ruler.units(period.start, period.end), ruler.total
    quantity = item.quantity or 0
    exact = item.price.terms.exact(quantity) * ruler.fraction(period.start, period.end)
    return NewLine(
        amount=Money(round_fraction(exact, HALF_UP), subscription.currency),
        period=period,
        description=f"{quantity} × {item.price.product.name}",
        item=item,
        price=item.price,
        quantity=Decimal(quantity),
        ruler=ruler,
        part_units=part,
        whole_units=whole,
        tax_rate_ids=tax_rate_ids_of(subscription, item),
    )
