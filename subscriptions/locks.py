"""Every row lock of subscriptions, taken in floor order: subscription, invoice, billing customer, number series.

A lock returns a fresh instance; whoever held an older one throws it away.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
    DisputedPayment,
    DunningPolicy,
    Invoice,
    InvoiceItem,
    InvoiceNumberSeries,
    InvoiceStatus,
    Meter,
    MeterEvent,
    Price,
    Product,
    PromotionCode,
    RevenueSchedule,
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
def lock_free_subscriptions(*, merchant_id: UUID, subscription_ids: Sequence[UUID]) -> list[Subscription]:
    """With their merchant and customer; without those that somebody else holds, for whom nobody waits here."""
    rows = Subscription.objects.for_merchant(merchant_id).select_related("merchant", "customer")
    free = rows.select_for_update(of=("self",), skip_locked=True)
    return list(free.filter(pk__in=subscription_ids).order_by("id"))


@joins_transaction
def lock_invoice(*, merchant_id: UUID, invoice_id: UUID) -> Invoice:
    """With its merchant and customer; its subscription is locked before it."""
    rows = Invoice.objects.for_merchant(merchant_id).select_related("merchant", "customer")
    return _one(rows.select_for_update(of=("self",)).filter(pk=invoice_id), "invoice")


@joins_transaction
def lock_due_drafts(*, merchant_id: UUID, invoice_ids: Sequence[UUID], now: datetime) -> list[Invoice]:
    """Those that are drafts whose time to be finalized has come; their subscriptions are locked before them."""
    rows = Invoice.objects.for_merchant(merchant_id).select_related("merchant", "customer", "subscription")
    due = rows.filter(pk__in=invoice_ids, status=InvoiceStatus.DRAFT, finalizes_at__lte=now)
    return list(due.select_for_update(of=("self",)).order_by("id"))


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
def lock_billing_customers(*, merchant_id: UUID, customer_ids: Sequence[UUID]) -> None:
    """As lock_billing_customer, of many; who was never billed has no row yet."""
    rows = BillingCustomer.objects.for_merchant(merchant_id).filter(customer_id__in=customer_ids)
    list(rows.select_for_update(of=("self",)).order_by("id").values_list("id"))


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


@joins_transaction
def lock_unbilled_events_of(
    *, merchant_id: UUID, meter_ids: Iterable[UUID], customer_ids: Iterable[UUID], before: datetime
) -> list[MeterEvent]:
    """As lock_unbilled_events, of any of the meters and customers."""
    rows = MeterEvent.objects.for_merchant(merchant_id).filter(
        meter_id__in=meter_ids,
        customer_id__in=customer_ids,
        happened_at__lt=before,
        invoice_line__isnull=True,
        canceled_at__isnull=True,
    )
    return list(rows.select_for_update(of=("self",)).order_by("happened_at", "id"))


@joins_transaction
def lock_revenue_schedules(*, invoice: Invoice) -> list[RevenueSchedule]:
    """What of an invoice is earned over time; the invoice is locked before."""
    rows = RevenueSchedule.objects.for_merchant(invoice.merchant_id).filter(invoice_id=invoice.id)
    return list(rows.select_for_update(of=("self",)).order_by("id"))


@joins_transaction
def lock_revenue_schedule(*, merchant_id: UUID, schedule_id: UUID) -> RevenueSchedule:
    """With its invoice's number; whoever only recognises takes no lock but this one."""
    rows = RevenueSchedule.objects.for_merchant(merchant_id).select_related("invoice")
    return _one(rows.select_for_update(of=("self",)).filter(pk=schedule_id), "revenue_schedule")


@joins_transaction
def lock_disputed_payment(*, merchant_id: UUID, dispute_id: UUID) -> DisputedPayment | None:
    """What a dispute did to an invoice; its subscription and invoice are locked before it."""
    rows = DisputedPayment.objects.for_merchant(merchant_id).filter(dispute_id=dispute_id)
    return rows.select_for_update(of=("self",)).first()


@joins_transaction
def claim_due_revenue(*, now: datetime, limit: int) -> list[RevenueSchedule]:
    """Schedules with a part that is earned by now, locked; those that somebody else holds are left to them.

    Those of a test clock are left to whoever turns the clock."""
    due = RevenueSchedule.across_merchants.filter(
        next_at__lte=now, invoice__subscription__test_clock__isnull=True
    )
    return list(
        due.select_related("invoice")
        .order_by("next_at")
        .select_for_update(of=("self",), skip_locked=True)[:limit]
    )


_CLAIM = """
UPDATE subscriptions_subscription SET lease_ends_at = %(lease)s
WHERE id IN (
    SELECT id FROM subscriptions_subscription
    WHERE next_billing_at <= %(now)s AND halted_at IS NULL AND test_clock_id IS NULL
        AND (lease_ends_at IS NULL OR lease_ends_at <= %(now)s)
    ORDER BY next_billing_at LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
RETURNING id, merchant_id
"""


@joins_transaction
def claim_due_subscriptions(*, now: datetime, lease: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """(id, merchant) of due subscriptions, leased so that no other beat takes them meanwhile.

    Those of a test clock are left to whoever turns the clock."""
    return _claim(_CLAIM, now, lease, limit)


_CLAIM_DRAFTS = """
UPDATE subscriptions_invoice SET lease_ends_at = %(lease)s
WHERE id IN (
    SELECT invoice.id FROM subscriptions_invoice AS invoice
    LEFT JOIN subscriptions_subscription AS subscription ON subscription.id = invoice.subscription_id
    WHERE invoice.status = 'draft' AND invoice.finalizes_at <= %(now)s AND subscription.test_clock_id IS NULL
        AND (invoice.lease_ends_at IS NULL OR invoice.lease_ends_at <= %(now)s)
    ORDER BY invoice.finalizes_at LIMIT %(limit)s FOR UPDATE OF invoice SKIP LOCKED
)
RETURNING id, merchant_id
"""


@joins_transaction
def claim_drafts(*, now: datetime, lease: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    """As claim_due_subscriptions, (id, merchant) of drafts whose time to be finalized has come."""
    return _claim(_CLAIM_DRAFTS, now, lease, limit)


def _claim(sql: str, now: datetime, lease: datetime, limit: int) -> list[tuple[UUID, UUID]]:
    parameters: dict[str, Any] = {"now": now, "lease": lease, "limit": limit}
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def _one(rows, name):  # type: ignore[no-untyped-def]
    row = rows.first()
    if row is None:
        raise ResourceMissing(f"No such {name}.", param=name)
    return row
