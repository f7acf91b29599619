"""How much evidence the networks take. Pure.

Source: billing_cases.md G17, after docs.stripe.com/disputes/best-practices.
"""

from __future__ import annotations

MAX_FIELD_CHARACTERS = 20_000
MAX_ALL_CHARACTERS = 150_000
MAX_FILE_BYTES = 4_500_000
MAX_PAGES = 49
MAX_PAGES_MASTERCARD = 19


def most_pages(network: str) -> int:
    """Pages of all files together."""
    return MAX_PAGES_MASTERCARD if network == "mastercard" else MAX_PAGES
