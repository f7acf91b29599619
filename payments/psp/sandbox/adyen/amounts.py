"""Adyen's minor units and those of the books, which count each currency as Stripe does.

Source: https://docs.adyen.com/development-resources/currency-codes (ISO 4217 but for CLP, CVE, IDR, ISK), read
2026-11.
"""

from ..money_rules import CURRENCIES, minor_digits

_ISO_ZERO = frozenset(
    {"bif", "clp", "djf", "gnf", "isk", "jpy", "kmf", "krw"}
    | {"pyg", "rwf", "ugx", "vnd", "vuv", "xaf", "xof", "xpf"}
)
_ISO_THREE = frozenset({"bhd", "jod", "kwd", "omr", "tnd"})
_OF_ITS_OWN = {"clp": 2, "cve": 0, "idr": 0, "isk": 2}


class NotCounted(ValueError):
    """The amount has no whole number of minor units in the books."""


def adyen_digits(currency: str) -> int:
    if currency in _OF_ITS_OWN:
        return _OF_ITS_OWN[currency]
    if currency in _ISO_ZERO:
        return 0
    return 3 if currency in _ISO_THREE else 2


def is_known(currency: str) -> bool:
    return currency in CURRENCIES


def to_books(value: int, currency: str) -> int:
    """Raises NotCounted for a fraction of what the books count."""
    shift = minor_digits(currency) - adyen_digits(currency)
    if shift >= 0:
        return value * int(10**shift)
    whole, rest = divmod(value, int(10**-shift))
    if rest:
        raise NotCounted(f"{value} {currency}")
    return whole


def from_books(amount: int, currency: str) -> int:
    shift = adyen_digits(currency) - minor_digits(currency)
    return amount * int(10**shift) if shift >= 0 else amount // int(10**-shift)


def shown(amount: int, currency: str) -> dict[str, int | str]:
    """An amount of the books as Adyen writes it."""
    return {"currency": currency.upper(), "value": from_books(amount, currency)}
