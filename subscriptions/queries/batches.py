"""Reading for many subscriptions of one merchant at once: as many queries as for one, whatever their number."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import F

from subscriptions.models import (
    BillingCustomer,
    Discount,
    Invoice,
    InvoiceItem,
    ScheduleStatus,
    Subscription,
    SubscriptionItem,
    SubscriptionSchedule,
)


def list_items_by_subscription(
    *, merchant_id: UUID, subscription_ids: Sequence[UUID]
) -> dict[UUID, list[SubscriptionItem]]:
    """As list_items gives those of one. Subscriptions of one price share one instance of it."""
    rows = SubscriptionItem.objects.for_merchant(merchant_id).prefetch_related(
        "price__product", "price__meter"
    )
    live = rows.filter(subscription_id__in=subscription_ids, removed_at__isnull=True).order_by("id")
    items: dict[UUID, list[SubscriptionItem]] = defaultdict(list)
    for item in live:
        items[item.subscription_id].append(item)
    return items


def list_discounts_by_subscription(
    *, merchant_id: UUID, subscription_ids: Sequence[UUID]
) -> dict[UUID, list[Discount]]:
    """As list_discounts gives those of one, in the order in which they are applied."""
    rows = Discount.objects.for_merchant(merchant_id).select_related("coupon", "promotion_code")
    live = rows.filter(subscription_id__in=subscription_ids, removed_at__isnull=True)
    discounts: dict[UUID, list[Discount]] = defaultdict(list)
    for discount in live.order_by("ordinal", "id"):
        if discount.subscription_id is not None:
            discounts[discount.subscription_id].append(discount)
    return discounts


def list_pending_by_customer(
    *, merchant_id: UUID, customer_ids: Sequence[UUID]
) -> dict[UUID, list[InvoiceItem]]:
    """What waits for each customer's next invoice, in any currency, oldest first."""
    rows = InvoiceItem.objects.for_merchant(merchant_id).select_related("price__product", "subscription_item")
    waiting = rows.filter(customer_id__in=customer_ids, invoice__isnull=True, deleted_at__isnull=True)
    pending: dict[UUID, list[InvoiceItem]] = defaultdict(list)
    for item in waiting.order_by("id"):
        pending[item.customer_id].append(item)
    return pending


def list_billing_customers(*, merchant_id: UUID, customer_ids: Sequence[UUID]) -> dict[UUID, BillingCustomer]:
    """By customer; who was never billed is not there."""
    rows = BillingCustomer.objects.for_merchant(merchant_id).filter(customer_id__in=customer_ids)
    return {row.customer_id: row for row in rows}


def list_with_due_phase(*, merchant_id: UUID, subscription_ids: Sequence[UUID]) -> set[UUID]:
    """Subscriptions whose schedule has a phase that begins by their next renewal."""
    rows = SubscriptionSchedule.objects.for_merchant(merchant_id).filter(
        subscription_id__in=subscription_ids,
        status__in=[ScheduleStatus.NOT_STARTED, ScheduleStatus.ACTIVE],
        next_phase_at__lte=F("subscription__next_billing_at"),
    )
    return set(rows.values_list("subscription_id", flat=True))


def list_due_dates(*, merchant_id: UUID, subscription_ids: Sequence[UUID]) -> list[tuple[UUID, datetime]]:
    """(subscription, when its next invoice is due) of those that something is due of at all."""
    rows = Subscription.objects.for_merchant(merchant_id).filter(pk__in=subscription_ids)
    due = rows.filter(next_billing_at__isnull=False).order_by("id")
    return [(row_id, at) for row_id, at in due.values_list("id", "next_billing_at") if at is not None]


def list_subscription_ids(*, merchant_id: UUID, invoice_ids: Sequence[UUID]) -> dict[UUID, UUID | None]:
    """By invoice: its subscription, where it has one."""
    rows = Invoice.objects.for_merchant(merchant_id).filter(pk__in=invoice_ids)
    return dict(rows.order_by("id").values_list("id", "subscription_id"))
