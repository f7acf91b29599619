"""Every row lock of subscriptions, taken in floor order: subscription, invoice, billing customer, number series.

A lock returns a fresh instance; whoever held an older one throws it away.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import Q

from foundation.errors import ResourceMissing
from foundation.transactions import joins_transaction
from subscriptions.models import (
    BillingCustomer,
    BillingSettings,
    Coupon,
    CreditNote,
    DunningPolicy,
    Invoice,
    InvoiceItem,
    InvoiceNumberSeries,
    Meter,
    MeterEvent,
    Price,
    Product,
    PromotionCode,
    SeriesKind,
    Subscription,
    SubscriptionSchedule,
    TaxRate,
    TestClock,
)


@joins_transaction
def lock_subscription(*, merchant_id: UUID, subscription_id: UUID) -> Subscription:
    """With its merchant and customer. Raises ResourceMissing, also for another merchant's."""
    rows = Subscription.objects.for_merchant(merchant_id).select_related("merchant", "customer")
    return _one(rows.select_for_update(of=("self",)).filter(pk=subscription_id), "subscription")


@joins_transaction
def lock_invoice(*, merchant_id: UUID, invoice_id: UUID) -> Invoice:
    """With its merchant and customer; its subscription is locked before it."""
    rows = Invoice.objects.for_merchant(merchant_id).select_related("merchant", "customer")
    return _one(rows.select_for_update(of=("self",)).filter(pk=invoice_id), "invoice")


@joins_transaction
def lock_test_clock(*, merchant_id: UUID, test_clock_id: UUID) -> TestClock:
    """A clock that was not deleted; taken before any subscription that it turns."""
    rows = TestClock.objects.for_merchant(merchant_id).select_related("merchant")
    live = rows.filter(deleted_at__isnull=True)
    return _one(live.select_for_update(of=("self",)).filter(pk=test_clock_id), "test_clock")


@joins_transaction
def lock_schedule(*, merchant_id: UUID, schedule_id: UUID) -> SubscriptionSchedule:
    """Its subscription is locked before it."""
    rows = SubscriptionSchedule.objects.for_merchant(merchant_id).select_related("merchant")
    return _one(rows.select_for_update(of=("self",)).filter(pk=schedule_id), "subscription_schedule")


@joins_transaction
def lock_credit_note(*, merchant_id: UUID, credit_note_id: UUID) -> CreditNote:
    """Its invoice is locked before it."""
    rows = CreditNote.objects.for_merchant(merchant_id).select_related("merchant", "customer", "invoice")
    return _one(rows.select_for_update(of=("self",)).filter(pk=credit_note_id), "credit_note")


@joins_transaction
def lock_invoice_item(*, merchant_id: UUID, invoice_item_id: UUID) -> InvoiceItem:
    """An item that was not deleted; the invoice that it is on is locked before it."""
    rows = InvoiceItem.objects.for_merchant(merchant_id).filter(deleted_at__isnull=True)
    return _one(rows.select_for_update(of=("self",)).filter(pk=invoice_item_id), "invoice_item")


@joins_transaction
def lock_product(*, merchant_id: UUID, product_id: UUID) -> Product:
    rows = Product.objects.for_merchant(merchant_id).select_related("merchant")
    return _one(rows.select_for_update(of=("self",)).filter(pk=product_id), "product")


@joins_transaction
def lock_price(*, merchant_id: UUID, price_id: UUID) -> Price:
    rows = Price.objects.for_merchant(merchant_id).select_related("merchant")
    return _one(rows.select_for_update(of=("self",)).filter(pk=price_id), "price")


@joins_transaction
def lock_tax_rate(*, merchant_id: UUID, tax_rate_id: UUID) -> TaxRate:
    rows = TaxRate.objects.for_merchant(merchant_id).select_related("merchant")
    return _one(rows.select_for_update(of=("self",)).filter(pk=tax_rate_id), "tax_rate")


@joins_transaction
def lock_meter(*, merchant_id: UUID, meter_id: UUID) -> Meter:
    rows = Meter.objects.for_merchant(merchant_id).select_related("merchant")
    return _one(rows.select_for_update(of=("self",)).filter(pk=meter_id), "meter")


@joins_transaction
def lock_coupon(*, merchant_id: UUID, coupon_id: UUID) -> Coupon:
    """A coupon that was not deleted."""
    rows = Coupon.objects.for_merchant(merchant_id).filter(deleted_at__isnull=True)
    return _one(rows.select_for_update(of=("self",)).filter(pk=coupon_id), "coupon")


@joins_transaction
def lock_promotion_code(*, merchant_id: UUID, promotion_code_id: UUID) -> PromotionCode:
    rows = PromotionCode.objects.for_merchant(merchant_id)
    return _one(rows.select_for_update(of=("self",)).filter(pk=promotion_code_id), "promotion_code")


@joins_transaction
def lock_price_with_key(*, merchant_id: UUID, lookup_key: str) -> Price | None:
    """The price that has a lookup key; None when nobody has it."""
    rows = Price.objects.for_merchant(merchant_id).filter(lookup_key=lookup_key)
    return rows.select_for_update(of=("self",)).first()


@joins_transaction
def lock_billing_customer(*, merchant_id: UUID, customer_id: UUID) -> BillingCustomer:
    """The row under which a customer's balance moves."""
    rows = BillingCustomer.objects.for_merchant(merchant_id).filter(customer_id=customer_id)
    return _one(rows.select_for_update(of=("self",)), "customer")


@joins_transaction
def lock_billing_settings(*, merchant_id: UUID) -> BillingSettings:
    rows = BillingSettings.objects.for_merchant(merchant_id)
    return _one(rows.select_for_update(of=("self",)), "billing_settings")


@joins_transaction
def lock_dunning_policy(*, merchant_id: UUID, dunning_policy_id: UUID) -> DunningPolicy:
    rows = DunningPolicy.objects.for_merchant(merchant_id)
    return _one(rows.select_for_update(of=("self",)).filter(pk=dunning_policy_id), "dunning_policy")


@joins_transaction
def lock_number_series(
    *, merchant_id: UUID, kind: SeriesKind, customer_id: UUID | None
) -> InvoiceNumberSeries | None:
    """The counter of numbers; the last lock before the ledger, since everybody who finalizes waits for it."""
    whose = Q(customer__isnull=True) if customer_id is None else Q(customer_id=customer_id)
    rows = InvoiceNumberSeries.objects.for_merchant(merchant_id).filter(whose, kind=kind)
    return rows.select_for_update(of=("self",)).first()


@joins_transaction
def lock_unbilled_events(
    *, merchant_id: UUID, meter_id: UUID, customer_id: UUID, before: datetime
) -> list[MeterEvent]:
    """What a meter counted of a customer before an instant and nobody has billed; in the order it happened."""
    rows = MeterEvent.objects.for_merchant(merchant_id).filter(
        meter_id=meter_id,
        customer_id=customer_id,
        happened_at__lt=before,
        invoice_line__isnull=True,
        canceled_at__isnull=True,
    )
    return list(rows.select_for_update(of=("self",)).order_by("happened_at", "id"))


_CLAIM = """
UPDATE subscriptions_subscription SET lease_ends_at = %(lease)s
WHERE id IN (
    SELECT id FROM subscriptions_subscription
    WHERE next_billing_at <= %(now)s AND halted_at IS NULL AND test_clock_id IS NULL
        AND (lease_ends_at IS NULL OR lease_ends_at <= %(now)s)
    ORDER BY next_billing_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
RETURNING id, merchant_id, next_billing_at
"""


@joins_transaction
def claim_due_subscriptions(
    *, now: datetime, lease: datetime, limit: int
) -> list[tuple[UUID, UUID, datetime]]:
    """(id, merchant, when it was due) of due subscriptions, leased so that no other beat takes them meanwhile.

    Those of a test clock are left to whoever turns the clock."""
    parameters: dict[str, Any] = {"now": now, "lease": lease, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(_CLAIM, parameters)
        return list(cursor.fetchall())


def _one(rows, name):  # type: ignore[no-untyped-def]
    row = rows.first()
    if row is None:
        raise ResourceMissing(f"No such {name}.", param=name)
    return row
