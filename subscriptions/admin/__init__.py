"""The pages of subscriptions in the back office. They read through queries and act through operations."""

from subscriptions.admin import (
    credit_notes,
    discounts,
    dunning,
    invoices,
    meters,
    prices,
    products,
    settings,
    subscriptions,
    tax_rates,
)

__all__ = [
    "credit_notes",
    "discounts",
    "dunning",
    "invoices",
    "meters",
    "prices",
    "products",
    "settings",
    "subscriptions",
    "tax_rates",
]
