"""Which payment methods each PSP's connector can charge, under the house's names. Pure: routing reads it as well."""

from __future__ import annotations

CARD = "card"
BANK_DEBITS = ("sepa_debit", "us_bank_account")
"""The customer's bank answers in days, and may take the money back after that."""
REDIRECTS = ("ideal", "upi", "klarna")

METHOD_TYPES: dict[str, tuple[str, ...]] = {
    "adyen": (CARD, *BANK_DEBITS, *REDIRECTS),
    "stripe": (CARD, *BANK_DEBITS, *REDIRECTS),
}
