"""Amounts as Stripe counts them, where that is not ISO 4217.

Source: docs.stripe.com/currencies (zero-decimal and special-case currencies), read 2026-11.
"""

from __future__ import annotations

from foundation.money import Money, exponent_of

# ISO counts isk and ugx without decimals and mga with two; Stripe the other way round.
EXPONENT_OVERRIDES = {"isk": 2, "ugx": 2, "mga": 0}
# In currencies with three decimals the last digit has to be zero.
THREE_DECIMAL_STEP = 10


class AmountNotRepresentable(ValueError):
    """Stripe has no unit small enough for this amount."""


def to_stripe(amount: Money) -> int:
    """Money to Stripe's integer. Raises AmountNotRepresentable."""
    if amount.exponent == 3 and amount.amount_minor % THREE_DECIMAL_STEP:
        raise AmountNotRepresentable(f"Stripe can not express {amount}: the third decimal has to be zero.")
    shift = EXPONENT_OVERRIDES.get(amount.currency, amount.exponent) - amount.exponent
    if shift >= 0:
        return amount.amount_minor * int(10**shift)
    whole, rest = divmod(amount.amount_minor, int(10**-shift))
    if rest:
        raise AmountNotRepresentable(f"Stripe can not express {amount}.")
    return whole


def fee_from_stripe(value: int, currency: str) -> Money:
    """As from_stripe, to the nearest whole unit, half to even: a share of a whole amount need not be whole."""
    currency = currency.lower()
    shift = EXPONENT_OVERRIDES.get(currency, exponent_of(currency)) - exponent_of(currency)
    if shift <= 0:
        return from_stripe(value, currency)
    base = int(10**shift)
    whole, rest = divmod(value, base)
    return Money(whole + (2 * rest > base or (2 * rest == base and whole % 2 == 1)), currency)


def from_stripe(value: int, currency: str) -> Money:
    """Stripe's integer to Money. Raises AmountNotRepresentable, CurrencyUnknown."""
    currency = currency.lower()
    exponent = exponent_of(currency)
    shift = EXPONENT_OVERRIDES.get(currency, exponent) - exponent
    if shift <= 0:
        return Money(value * int(10**-shift), currency)
    whole, rest = divmod(value, int(10**shift))
    if rest:
        raise AmountNotRepresentable(f"{value} of Stripe's units is no whole {currency.upper()}.")
    return Money(whole, currency)
