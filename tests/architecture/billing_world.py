"""The billing part of a merchant's world for the tenant matrix: a row of every kind, made by its operations."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from foundation.ids import new_id
from foundation.money import Money
from payments.operations.create_customer import create_customer
from subscriptions.discounts import Duration
from subscriptions.models import SubscriptionItem
from subscriptions.operations.adjust_balance import adjust_balance
from subscriptions.operations.create_coupon import create_coupon
from subscriptions.operations.create_credit_note import Credited, create_credit_note
from subscriptions.operations.create_invoice_item import create_invoice_item
from subscriptions.operations.create_meter import create_meter
from subscriptions.operations.create_price import create_price
from subscriptions.operations.create_product import create_product
from subscriptions.operations.create_promotion_code import create_promotion_code
from subscriptions.operations.create_schedule import create_schedule
from subscriptions.operations.create_subscription import NewItem, SubscriptionTerms, create_subscription
from subscriptions.operations.create_tax_rate import create_tax_rate
from subscriptions.operations.create_test_clock import create_test_clock
from subscriptions.queries.invoices import get_invoice, list_lines


def billing_ids(merchant_id: UUID, currency: str) -> dict[str, str]:
    """Public ids by prefix; `billed` is the customer of all of them."""
    customer = create_customer(merchant_id=merchant_id, customer_id=new_id(), name="Bea")
    product = create_product(merchant_id=merchant_id, product_id=new_id(), name="Tea")
    price = create_price(
        merchant_id=merchant_id,
        price_id=new_id(),
        product_id=product.id,
        currency=currency,
        unit_amount=Decimal(1_000),
        interval="month",
    )
    subscription_rows = _sold(merchant_id, customer.id, price.id, currency)
    rows = [product, price, *_offers(merchant_id), *subscription_rows]
    named = {row.public_prefix: row.public_id for row in rows}
    return named | {"billed": customer.public_id}


def _offers(merchant_id: UUID) -> list[Any]:
    coupon = create_coupon(
        merchant_id=merchant_id, coupon_id=new_id(), duration=Duration.ONCE, percent_off=Decimal(10)
    )
    code = create_promotion_code(merchant_id=merchant_id, promotion_code_id=new_id(), coupon_id=coupon.id)
    rate = create_tax_rate(
        merchant_id=merchant_id,
        tax_rate_id=new_id(),
        display_name="VAT",
        percentage=Decimal(20),
        inclusive=False,
    )
    meter = create_meter(merchant_id=merchant_id, meter_id=new_id(), display_name="Calls", event_name="call")
    clock = create_test_clock(
        merchant_id=merchant_id, test_clock_id=new_id(), frozen_at=datetime(2026, 1, 1, tzinfo=UTC)
    )
    return [coupon, code, rate, meter, clock]


def _sold(merchant_id: UUID, customer_id: UUID, price_id: UUID, currency: str) -> list[Any]:
    subscription = create_subscription(
        merchant_id=merchant_id,
        subscription_id=new_id(),
        customer_id=customer_id,
        items=[NewItem(price_id, 1)],
        terms=SubscriptionTerms(collection_method="send_invoice", days_until_due=30),
    )
    schedule = create_schedule(merchant_id=merchant_id, schedule_id=new_id(), subscription_id=subscription.id)
    assert subscription.latest_invoice_id is not None
    invoice = get_invoice(merchant_id=merchant_id, invoice_id=subscription.latest_invoice_id)
    note = create_credit_note(
        merchant_id=merchant_id,
        credit_note_id=new_id(),
        invoice_id=invoice.id,
        credited=[Credited(list_lines(invoice)[0].id, 100)],
    )
    item = create_invoice_item(
        merchant_id=merchant_id,
        invoice_item_id=new_id(),
        customer_id=customer_id,
        amount=Money(500, currency),
    )
    moved = adjust_balance(
        merchant_id=merchant_id,
        customer_id=customer_id,
        transaction_id=new_id(),
        amount=Money(-100, currency),
    )
    [line] = SubscriptionItem.objects.for_merchant(merchant_id).filter(subscription=subscription)
    return [subscription, schedule, invoice, note, item, moved, line]


BILLING_KINDS = (
    "prod",
    "price",
    "coupon",
    "promo",
    "txr",
    "mtr",
    "sub",
    "si",
    "sub_sched",
    "in",
    "cn",
    "ii",
    "cbtxn",
    "clock",
)
