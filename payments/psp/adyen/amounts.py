"""Amounts as Adyen counts them, where that is not ISO 4217.

Source: docs.adyen.com/development-resources/currency-codes (marked "differs from standard"), read 2026-11.
"""

from __future__ import annotations

from typing import Any

from foundation.money import Money, exponent_of

EXPONENT_OVERRIDES = {"clp": 2, "cve": 0, "idr": 0, "isk": 2}


class AmountNotRepresentable(ValueError):
    """Adyen has no unit small enough for this amount."""


def to_adyen(amount: Money) -> dict[str, Any]:
    """Money to Adyen's amount object. Raises AmountNotRepresentable."""
    shift = EXPONENT_OVERRIDES.get(amount.currency, amount.exponent) - amount.exponent
    if shift >= 0:
        value = amount.amount_minor * int(10**shift)
    else:
        value, rest = divmod(amount.amount_minor, int(10**-shift))
        if rest:
            raise AmountNotRepresentable(f"Adyen can not express {amount}.")
    return {"currency": amount.currency.upper(), "value": value}


def from_adyen(amount: dict[str, Any]) -> Money:
    """Adyen's amount object to Money. Raises AmountNotRepresentable, CurrencyUnknown, KeyError, TypeError."""
    currency, value = str(amount["currency"]).lower(), amount["value"]
    if isinstance(value, bool) or not isinstance(value, int):
        raise TypeError("Adyen's values are whole numbers.")
    exponent = exponent_of(currency)
    shift = EXPONENT_OVERRIDES.get(currency, exponent) - exponent
    if shift <= 0:
        return Money(value * int(10**-shift), currency)
    whole, rest = divmod(value, int(10**shift))
    if rest:
        raise AmountNotRepresentable(f"{value} of Adyen's units is no whole {currency.upper()}.")
    return Money(whole, currency)
