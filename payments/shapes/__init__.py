"""Shapes: Stripe-shaped dicts made from rows. Pure: no query, no clock; used by the API and by events alike.

Field names, types and nullability are those of Stripe's published types for the version we serve.
"""

from payments.shapes.balance import balance_shape, balance_transaction_shape
from payments.shapes.charges import charge_shape
from payments.shapes.customers import customer_shape, deleted_customer_shape, payment_method_shape
from payments.shapes.payment_intents import payment_intent_shape
from payments.shapes.payouts import payout_shape
from payments.shapes.refunds import refund_shape
from payments.shapes.setup_intents import setup_intent_shape

__all__ = [
    "balance_shape",
    "balance_transaction_shape",
    "charge_shape",
    "customer_shape",
    "deleted_customer_shape",
    "payment_intent_shape",
    "payment_method_shape",
    "payout_shape",
    "refund_shape",
    "setup_intent_shape",
]
