"""Reading subscriptions, their items and what they have been billed."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from foundation import clock
from foundation.errors import ResourceMissing
from foundation.ids import encode_id
from subscriptions.models import (
    BillingCustomer,
    Discount,
    InvoiceItem,
    InvoiceLine,
    SchedulePhase,
    ScheduleStatus,
    Subscription,
    SubscriptionItem,
    SubscriptionSchedule,
    TestClock,
)


def list_subscriptions(*, merchant_id: UUID) -> QuerySet[Subscription]:
    return Subscription.objects.for_merchant(merchant_id).select_related("merchant")


def find_subscription(*, merchant_id: UUID, subscription_id: UUID) -> Subscription | None:
    return list_subscriptions(merchant_id=merchant_id).filter(pk=subscription_id).first()


def find_imported(*, merchant_id: UUID, import_key: str) -> Subscription | None:
    """By what the system that it was imported from calls it."""
    return list_subscriptions(merchant_id=merchant_id).filter(import_key=import_key).first()


def get_subscription(*, merchant_id: UUID, subscription_id: UUID) -> Subscription:
    """Raises ResourceMissing, also for another merchant's."""
    subscription = find_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    if subscription is None:
        raise ResourceMissing(
            f"No such subscription: '{encode_id('sub', subscription_id)}'", param="subscription"
        )
    return subscription


def list_items(subscription: Subscription) -> list[SubscriptionItem]:
    """The items it has now, with price, product and meter; oldest first."""
    rows = SubscriptionItem.objects.for_merchant(subscription.merchant_id)
    live = rows.filter(subscription_id=subscription.id, removed_at__isnull=True)
    return list(live.select_related("price__product", "price__meter").order_by("id"))


def list_items_of(subscription: Subscription) -> QuerySet[SubscriptionItem]:
    """As list_items, as rows to be paged."""
    rows = SubscriptionItem.objects.for_merchant(subscription.merchant_id)
    live = rows.filter(subscription_id=subscription.id, removed_at__isnull=True)
    return live.select_related("price__product", "price__meter")


def get_item(*, merchant_id: UUID, item_id: UUID) -> SubscriptionItem:
    """With its subscription and price. Raises ResourceMissing, also for one that was removed."""
    rows = SubscriptionItem.objects.for_merchant(merchant_id).filter(removed_at__isnull=True)
    item = rows.select_related("subscription", "price__product", "price__meter").filter(pk=item_id).first()
    if item is None:
        shown = encode_id("si", item_id)
        raise ResourceMissing(f"No such subscription item: '{shown}'", param="subscription_item")
    return item


def list_discounts(subscription: Subscription) -> list[Discount]:
    """Those of the subscription and of its items, in the order in which they are applied."""
    rows = Discount.objects.for_merchant(subscription.merchant_id).select_related("coupon", "promotion_code")
    return list(
        rows.filter(subscription_id=subscription.id, removed_at__isnull=True).order_by("ordinal", "id")
    )


def list_covering_lines(item: SubscriptionItem, at: datetime) -> list[InvoiceLine]:
    """Debits of an item that still cover something from `at` on, oldest first."""
    rows = InvoiceLine.objects.for_merchant(item.merchant_id).select_related("invoice")
    covering = rows.filter(
        Q(cut_at__isnull=True) | Q(cut_at__gt=at),
        subscription_item_id=item.id,
        period_end_at__gt=at,
        amount_minor__gte=0,
        natural_start_at__isnull=False,
    ).exclude(invoice__status="void")
    return list(covering.order_by("id"))


def list_covering_items(item: SubscriptionItem, at: datetime) -> list[InvoiceItem]:
    """As list_covering_lines, of debits that wait for the next invoice."""
    rows = InvoiceItem.objects.for_merchant(item.merchant_id)
    covering = rows.filter(
        Q(cut_at__isnull=True) | Q(cut_at__gt=at),
        subscription_item_id=item.id,
        period_end_at__gt=at,
        amount_minor__gte=0,
        natural_start_at__isnull=False,
        invoice__isnull=True,
        deleted_at__isnull=True,
    )
    return list(covering.order_by("id"))


def list_pending_items(*, merchant_id: UUID, customer_id: UUID, currency: str) -> QuerySet[InvoiceItem]:
    """What waits for the customer's next invoice in a currency, oldest first."""
    return (
        InvoiceItem.objects.for_merchant(merchant_id)
        .filter(customer_id=customer_id, currency=currency, invoice__isnull=True, deleted_at__isnull=True)
        .order_by("id")
    )


def find_billing_customer(*, merchant_id: UUID, customer_id: UUID) -> BillingCustomer | None:
    rows = BillingCustomer.objects.for_merchant(merchant_id).select_related("test_clock")
    return rows.filter(customer_id=customer_id).first()


def list_schedules(*, merchant_id: UUID) -> QuerySet[SubscriptionSchedule]:
    return SubscriptionSchedule.objects.for_merchant(merchant_id).select_related("merchant")


def find_schedule(*, merchant_id: UUID, schedule_id: UUID) -> SubscriptionSchedule | None:
    return list_schedules(merchant_id=merchant_id).filter(pk=schedule_id).first()


def get_schedule(*, merchant_id: UUID, schedule_id: UUID) -> SubscriptionSchedule:
    """Raises ResourceMissing."""
    schedule = find_schedule(merchant_id=merchant_id, schedule_id=schedule_id)
    if schedule is None:
        shown = encode_id("sub_sched", schedule_id)
        raise ResourceMissing(f"No such subscription schedule: '{shown}'", param="subscription_schedule")
    return schedule


def find_open_schedule(subscription: Subscription) -> SubscriptionSchedule | None:
    """The database allows one; to act on it, the subscription is locked."""
    rows = list_schedules(merchant_id=subscription.merchant_id)
    open_ = [ScheduleStatus.NOT_STARTED, ScheduleStatus.ACTIVE]
    return rows.filter(subscription_id=subscription.id, status__in=open_).first()


def list_phases(schedule: SubscriptionSchedule) -> list[SchedulePhase]:
    rows = SchedulePhase.objects.for_merchant(schedule.merchant_id).filter(schedule_id=schedule.id)
    return list(rows.order_by("ordinal"))


def now_of(test_clock: TestClock | None) -> datetime:
    """The present instant of a subscription, in whole seconds: that of its test clock where it has one."""
    return test_clock.frozen_at if test_clock is not None else clock.now().replace(microsecond=0)
