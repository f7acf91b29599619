"""What can be expanded in the shapes of billing; loaded in batches, registered when the app is ready."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from foundation import clock
from foundation.http.expanding import register_expander, register_inclusion
from foundation.tenancy.queries import get_merchant
from payments.api.expanders import load_customers, load_payment_methods
from subscriptions.api.common import decoded
from subscriptions.models import Discount
from subscriptions.queries.catalogue import list_coupons, list_prices, list_products
from subscriptions.queries.invoices import (
    list_credit_notes,
    list_invoices,
    list_lines,
    list_note_lines,
    read_client_secrets,
)
from subscriptions.queries.subscriptions import list_discounts, list_items, list_subscriptions
from subscriptions.queries.test_clocks import list_test_clocks
from subscriptions.shapes import (
    coupon_shape,
    credit_note_shape,
    discount_shape,
    invoice_shape,
    price_shape,
    product_shape,
    subscription_shape,
    test_clock_shape,
)
from subscriptions.shapes.catalogue import applies_to_shape, tiers_shape

Shapes = Mapping[str, dict[str, Any]]
Loader = Callable[[UUID, Sequence[str]], Mapping[str, Any]]


def load_products(merchant_id: UUID, public_ids: Sequence[str]) -> Shapes:
    livemode = get_merchant(merchant_id).livemode
    rows = list_products(merchant_id=merchant_id).filter(pk__in=decoded("prod", public_ids))
    return {row.public_id: product_shape(row, livemode=livemode) for row in rows}


def load_prices(merchant_id: UUID, public_ids: Sequence[str]) -> Shapes:
    livemode = get_merchant(merchant_id).livemode
    rows = list_prices(merchant_id=merchant_id).filter(pk__in=decoded("price", public_ids))
    return {row.public_id: price_shape(row, livemode=livemode) for row in rows}


def load_tiers(merchant_id: UUID, public_ids: Sequence[str]) -> Mapping[str, Any]:
    rows = list_prices(merchant_id=merchant_id).filter(pk__in=decoded("price", public_ids))
    return {row.public_id: tiers_shape(row) for row in rows if row.tiers}


def load_applies_to(merchant_id: UUID, shown_ids: Sequence[str]) -> Mapping[str, Any]:
    rows = {row.shown_id: row for row in list_coupons(merchant_id=merchant_id) if row.product_ids}
    return {text: applies_to_shape(rows[text]) for text in shown_ids if text in rows}


def load_coupons(merchant_id: UUID, shown_ids: Sequence[str]) -> Shapes:
    livemode, wanted = get_merchant(merchant_id).livemode, set(shown_ids)
    named = [text for text in shown_ids if text.startswith("coupon_")]
    rows = list_coupons(merchant_id=merchant_id)
    found = [*rows.filter(custom_id__in=wanted), *rows.filter(custom_id="", pk__in=decoded("coupon", named))]
    return {row.shown_id: coupon_shape(row, livemode=livemode, at=clock.now()) for row in found}


def load_subscriptions(merchant_id: UUID, public_ids: Sequence[str]) -> Shapes:
    livemode = get_merchant(merchant_id).livemode
    rows = list_subscriptions(merchant_id=merchant_id).filter(pk__in=decoded("sub", public_ids))
    return {
        row.public_id: subscription_shape(row, list_items(row), list_discounts(row), livemode=livemode)
        for row in rows
    }


def load_invoices(merchant_id: UUID, public_ids: Sequence[str]) -> Shapes:
    livemode = get_merchant(merchant_id).livemode
    rows = list_invoices(merchant_id=merchant_id).filter(pk__in=decoded("in", public_ids))
    return {row.public_id: invoice_shape(row, list_lines(row), livemode=livemode) for row in rows}


def load_credit_notes(merchant_id: UUID, public_ids: Sequence[str]) -> Shapes:
    livemode = get_merchant(merchant_id).livemode
    rows = list_credit_notes(merchant_id=merchant_id).filter(pk__in=decoded("cn", public_ids))
    return {row.public_id: credit_note_shape(row, list_note_lines(row), livemode=livemode) for row in rows}


def load_discounts(merchant_id: UUID, public_ids: Sequence[str]) -> Shapes:
    rows = Discount.objects.for_merchant(merchant_id).select_related("coupon", "promotion_code")
    found = rows.filter(pk__in=decoded("di", public_ids))
    return {row.public_id: discount_shape(row) for row in found}


def load_test_clocks(merchant_id: UUID, public_ids: Sequence[str]) -> Shapes:
    livemode = get_merchant(merchant_id).livemode
    rows = list_test_clocks(merchant_id=merchant_id).filter(pk__in=decoded("clock", public_ids))
    return {row.public_id: test_clock_shape(row, livemode=livemode) for row in rows}


def load_confirmation_secrets(merchant_id: UUID, public_ids: Sequence[str]) -> Mapping[str, Any]:
    """What the customer's own client pays an open invoice with."""
    secrets = read_client_secrets(merchant_id=merchant_id, invoice_ids=decoded("in", public_ids))
    return {
        public_id: {"client_secret": secret, "type": "payment_intent"}
        for public_id, secret in secrets.items()
    }


EXPANDABLE: dict[str, dict[str, Loader]] = {
    "product": {"default_price": load_prices},
    "price": {"product": load_products},
    "promotion_code": {"customer": load_customers, "promotion.coupon": load_coupons},
    "discount": {"customer": load_customers, "source.coupon": load_coupons},
    "subscription": {
        "customer": load_customers,
        "default_payment_method": load_payment_methods,
        "discounts": load_discounts,
        "latest_invoice": load_invoices,
        "test_clock": load_test_clocks,
    },
    "subscription_item": {"discounts": load_discounts},
    "subscription_schedule": {"customer": load_customers, "subscription": load_subscriptions},
    "invoice": {"customer": load_customers, "default_payment_method": load_payment_methods},
    "invoiceitem": {"customer": load_customers, "invoice": load_invoices},
    "credit_note": {"customer": load_customers, "invoice": load_invoices},
    "customer_balance_transaction": {
        "credit_note": load_credit_notes,
        "customer": load_customers,
        "invoice": load_invoices,
    },
    "customer": {"test_clock": load_test_clocks},
}


def register_expanders() -> None:
    for object_type, fields in EXPANDABLE.items():
        for field, loader in fields.items():
            register_expander(object_type, field, loader)
    register_inclusion("price", "tiers", load_tiers)
    register_inclusion("coupon", "applies_to", load_applies_to)
    register_inclusion("invoice", "confirmation_secret", load_confirmation_secrets)
