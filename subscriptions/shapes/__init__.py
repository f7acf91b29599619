"""Shapes: Stripe-shaped dicts made from rows. Pure: no query, no clock; used by the API and by events alike."""

from subscriptions.shapes.catalogue import (
    coupon_shape,
    meter_shape,
    price_shape,
    product_shape,
    promotion_code_shape,
    tax_rate_shape,
)
from subscriptions.shapes.credit_notes import (
    balance_transaction_shape,
    credit_note_shape,
    invoice_item_shape,
    note_line_shape,
)
from subscriptions.shapes.invoices import invoice_shape, line_shape
from subscriptions.shapes.schedules import meter_event_shape, schedule_shape, test_clock_shape
from subscriptions.shapes.subscriptions import discount_shape, item_shape, subscription_shape

__all__ = [
    "balance_transaction_shape",
    "coupon_shape",
    "credit_note_shape",
    "discount_shape",
    "invoice_item_shape",
    "invoice_shape",
    "item_shape",
    "line_shape",
    "meter_event_shape",
    "meter_shape",
    "note_line_shape",
    "price_shape",
    "product_shape",
    "promotion_code_shape",
    "schedule_shape",
    "subscription_shape",
    "tax_rate_shape",
    "test_clock_shape",
]
