"""Usage in arrears: what was counted up to an instant and not billed before, late events included."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from foundation.transactions import joins_transaction
from subscriptions.locks import lock_unbilled_events
from subscriptions.models import Invoice, InvoiceLine, MeterEvent, Subscription, SubscriptionItem
from subscriptions.periods import Period
from subscriptions.pricing import Aggregation, aggregate
from subscriptions.steps.reckon_invoice import NewLine, decimal_of
from subscriptions.steps.subscription_lines import tax_rate_ids_of


@dataclass(frozen=True, slots=True)
class UsageLine:
    """A line and the events that it bills."""

    line: NewLine
    item: SubscriptionItem
    event_ids: list[UUID]


@joins_transaction
def usage_lines(
    subscription: Subscription, items: Sequence[SubscriptionItem], *, period: Period
) -> list[UsageLine]:
    """A line per metered item for the period that ends; its events are locked, so that nobody else bills them."""
    metered = [(item, item.price.meter) for item in items if item.price.meter is not None]
    return [
        usage_line(
            subscription,
            item,
            period,
            lock_unbilled_events(
                merchant_id=subscription.merchant_id,
                meter_id=meter.id,
                customer_id=subscription.customer_id,
                before=period.end,
            ),
        )
        for item, meter in metered
    ]


@joins_transaction
def mark_usage_billed(invoice: Invoice, lines: Sequence[UsageLine]) -> None:
    """Writes on each event which line billed it. The invoice's lines are written."""
    for usage in lines:
        if usage.event_ids:
            row = InvoiceLine.objects.for_merchant(invoice.merchant_id).get(
                invoice_id=invoice.id, subscription_item_id=usage.item.id, is_proration=False
            )
            mark_events_billed(row, usage.event_ids)


@joins_transaction
def mark_events_billed(row: InvoiceLine, event_ids: Sequence[UUID]) -> None:
    """Writes on each event that this line billed it."""
    events = MeterEvent.objects.for_merchant(row.merchant_id)
    events.filter(pk__in=event_ids).update(invoice_line=row)


def usage_line(
    subscription: Subscription, item: SubscriptionItem, period: Period, counted: Sequence[MeterEvent]
) -> UsageLine:
    """counted: what the item's meter counted up to the period's end and nobody has billed; locked."""
    meter = item.price.meter
    assert meter is not None, "only metered items have usage"
    values = [Fraction(event.value) for event in counted]
    quantity = aggregate(Aggregation(meter.aggregation), values)
    line = NewLine(
        amount=item.price.terms.amount(quantity),
        period=period,
        description=f"{decimal_of(quantity):f} × {item.price.product.name}",
        item=item,
        price=item.price,
        quantity=decimal_of(quantity),
        tax_rate_ids=tax_rate_ids_of(subscription, item),
    )
    return UsageLine(line, item, [event.id for event in counted])


def until(subscription: Subscription, at: datetime) -> Period | None:
    """The part of the current period that ends at `at`; None when none of it has passed."""
    start = subscription.current_period_start_at
    return Period(start, at) if at > start else None
