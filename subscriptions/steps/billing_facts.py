"""What billing has to know of a subscription beside its own row, read for many as for one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from foundation.transactions import joins_transaction
from subscriptions.locks import lock_unbilled_events_of
from subscriptions.models import (
    BillingCustomer,
    Discount,
    InvoiceItem,
    MeterEvent,
    Subscription,
    SubscriptionItem,
)
from subscriptions.queries.batches import (
    list_billing_customers,
    list_discounts_by_subscription,
    list_items_by_subscription,
    list_pending_by_customer,
)
from subscriptions.queries.catalogue import read_tax_rates
from subscriptions.steps.billing_rows import billing_customer_of, billing_settings_of
from subscriptions.steps.reckon_subscription import TaxRows
from subscriptions.steps.subscription_lines import tax_rate_ids_of, waits_for


@dataclass(frozen=True, slots=True)
class BillingFacts:
    """pending: what waits for its next invoice. counted: its customer's events that nobody has billed; locked."""

    items: list[SubscriptionItem]
    discounts: list[Discount]
    pending: list[InvoiceItem]
    counted: Sequence[MeterEvent]
    tax_rows: TaxRows

    def counted_for(self, item: SubscriptionItem, *, before: datetime) -> list[MeterEvent]:
        """What the meter of a metered item counted before an instant, in the order it happened."""
        meter_id = item.price.meter_id
        return [one for one in self.counted if one.meter_id == meter_id and one.happened_at < before]


@joins_transaction
def read_billing_facts(subscriptions: Sequence[Subscription]) -> dict[UUID, BillingFacts]:
    """By subscription. They are locked, of one merchant and each of another customer.

    Writes the rows of customers that were never billed.
    """
    if not subscriptions:
        return {}
    merchant_id = subscriptions[0].merchant_id
    ids = [one.id for one in subscriptions]
    customer_ids = [one.customer_id for one in subscriptions]
    items = list_items_by_subscription(merchant_id=merchant_id, subscription_ids=ids)
    discounts = list_discounts_by_subscription(merchant_id=merchant_id, subscription_ids=ids)
    pending = list_pending_by_customer(merchant_id=merchant_id, customer_ids=customer_ids)
    customers = _billing_customers(merchant_id, customer_ids)
    counted = _counted(subscriptions, items)
    named = [tax_rate_ids_of(one, item) for one in subscriptions for item in items[one.id]]
    named += [tuple(item.tax_rate_ids) for waiting in pending.values() for item in waiting]
    settings = billing_settings_of(merchant_id)
    rates = read_tax_rates(merchant_id=merchant_id, texts=named)
    return {
        one.id: BillingFacts(
            items=items[one.id],
            discounts=discounts[one.id],
            pending=[item for item in pending[one.customer_id] if waits_for(item, one)],
            counted=counted.get(one.customer_id, []),
            tax_rows=TaxRows(settings, customers[one.customer_id], rates),
        )
        for one in subscriptions
    }


def _billing_customers(merchant_id: UUID, customer_ids: Sequence[UUID]) -> dict[UUID, BillingCustomer]:
    known = list_billing_customers(merchant_id=merchant_id, customer_ids=customer_ids)
    for customer_id in customer_ids:
        if customer_id not in known:
            known[customer_id] = billing_customer_of(merchant_id=merchant_id, customer_id=customer_id)
    return known


def _counted(
    subscriptions: Sequence[Subscription], items: dict[UUID, list[SubscriptionItem]]
) -> dict[UUID, list[MeterEvent]]:
    """By customer; nothing is asked for where nothing is metered."""
    meters = {item.price.meter_id for of_one in items.values() for item in of_one if item.price.meter_id}
    due = [one.next_billing_at for one in subscriptions if one.next_billing_at is not None]
    if not meters or not due:
        return {}
    customers = {one.customer_id for one in subscriptions}
    counted: dict[UUID, list[MeterEvent]] = defaultdict(list)
    for event in lock_unbilled_events_of(
        merchant_id=subscriptions[0].merchant_id, meter_ids=meters, customer_ids=customers, before=max(due)
    ):
        counted[event.customer_id].append(event)
    return counted
