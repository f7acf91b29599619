"""The pages of payments in the back office. They read through payments/queries and act through operations."""

from payments.admin import (
    approvals,
    breakers,
    cases,
    customers,
    payment_intents,
    payouts,
    psp,
    refunds,
    routing,
)

__all__ = [
    "approvals",
    "breakers",
    "cases",
    "customers",
    "payment_intents",
    "payouts",
    "psp",
    "refunds",
    "routing",
]
