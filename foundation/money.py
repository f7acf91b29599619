"""Money: integer minor units with their ISO 4217 currency.

What lives here: the value every amount travels in, its arithmetic, and the named roundings.
What does not: formatting for people (Babel, in the admin), exchange rates (the ledger's fx accounts),
a PSP's own exponents (its connector converts). Free of Django.

Source of exponents: ISO 4217 list one, through the package iso4217.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from iso4217 import Currency

MAX_AMOUNT_MINOR = 999_999_999_999
"""The largest amount accepted from outside, in minor units: ten billion of a two-decimal currency."""

BASIS_POINTS = 10_000


class Rounding(Enum):
    """How a fraction of a minor unit becomes a whole one."""

    HALF_EVEN = "half_even"
    HALF_UP = "half_up"
    DOWN = "down"


HALF_EVEN = Rounding.HALF_EVEN
HALF_UP = Rounding.HALF_UP
DOWN = Rounding.DOWN


class CurrencyUnknown(ValueError):
    """The code is not an ISO 4217 currency with minor units."""


class CurrencyMismatch(ValueError):
    """Two amounts of different currencies met in one sum or comparison."""


def _exponents() -> dict[str, int]:
    return {c.code.lower(): c.exponent for c in Currency if c.exponent is not None}


EXPONENTS: dict[str, int] = _exponents()


def exponent_of(currency: str) -> int:
    """Decimals of a currency: 0 for jpy, 2 for usd, 3 for kwd. Raises CurrencyUnknown."""
    try:
        return EXPONENTS[currency.lower()]
    except KeyError:
        raise CurrencyUnknown(f"{currency!r} is not an ISO 4217 currency.") from None


def round_fraction(value: Fraction, rounding: Rounding) -> int:
    """Round an exact rational to an integer by a named rule; halves go away from zero under HALF_UP."""
    sign = -1 if value < 0 else 1
    whole, rest = divmod(abs(value.numerator), value.denominator)
    twice = 2 * rest
    if rounding is Rounding.DOWN or twice < value.denominator:
        return sign * whole
    if twice > value.denominator or rounding is Rounding.HALF_UP:
        return sign * (whole + 1)
    return sign * (whole + whole % 2)


@dataclass(frozen=True, slots=True, order=False)
class Money:
    """An amount in minor units and its currency (lower case, as the API speaks it).

    >>> Money(1000, "usd").share(rate_bps=290, rounding=HALF_EVEN)
    Money(amount_minor=29, currency='usd')
    """

    amount_minor: int
    currency: str

    def __post_init__(self) -> None:
        if isinstance(self.amount_minor, bool) or not isinstance(self.amount_minor, int):
            raise TypeError(f"amount_minor is an int of minor units, not {type(self.amount_minor).__name__}.")
        object.__setattr__(self, "currency", self.currency.lower())
        exponent_of(self.currency)

    @classmethod
    def zero(cls, currency: str) -> Money:
        return cls(0, currency)

    @property
    def exponent(self) -> int:
        return exponent_of(self.currency)

    @property
    def is_zero(self) -> bool:
        return self.amount_minor == 0

    @property
    def is_negative(self) -> bool:
        return self.amount_minor < 0

    def __add__(self, other: Money) -> Money:
        return Money(self.amount_minor + self._same(other), self.currency)

    def __sub__(self, other: Money) -> Money:
        return Money(self.amount_minor - self._same(other), self.currency)

    def __neg__(self) -> Money:
        return Money(-self.amount_minor, self.currency)

    def __abs__(self) -> Money:
        return Money(abs(self.amount_minor), self.currency)

    def __lt__(self, other: Money) -> bool:
        return self.amount_minor < self._same(other)

    def __le__(self, other: Money) -> bool:
        return self.amount_minor <= self._same(other)

    def __gt__(self, other: Money) -> bool:
        return self.amount_minor > self._same(other)

    def __ge__(self, other: Money) -> bool:
        return self.amount_minor >= self._same(other)

    def times(self, factor: int | Fraction, *, rounding: Rounding) -> Money:
        """This amount times an exact factor, rounded once."""
        return Money(round_fraction(Fraction(self.amount_minor) * factor, rounding), self.currency)

    def share(self, *, rate_bps: int, rounding: Rounding) -> Money:
        """rate_bps basis points of this amount, rounded once."""
        return self.times(Fraction(rate_bps, BASIS_POINTS), rounding=rounding)

    def allocate(self, weights: Sequence[int]) -> list[Money]:
        """Split in proportion to the weights without losing a unit: largest remainder, ties to the first."""
        total = sum(weights)
        if total <= 0 or any(weight < 0 for weight in weights):
            raise ValueError("Weights are non-negative and sum to more than zero.")
        exact = [Fraction(self.amount_minor * weight, total) for weight in weights]
        parts = [value.numerator // value.denominator for value in exact]
        missing = self.amount_minor - sum(parts)
        by_remainder = sorted(range(len(parts)), key=lambda i: (parts[i] - exact[i], i))
        for index in by_remainder[:missing]:
            parts[index] += 1
        return [Money(part, self.currency) for part in parts]

    def __str__(self) -> str:
        """Plain decimal with the code, for messages and logs: '12.50 USD'."""
        digits = self.exponent
        sign = "-" if self.amount_minor < 0 else ""
        if digits == 0:
            return f"{self.amount_minor} {self.currency.upper()}"
        whole, part = divmod(abs(self.amount_minor), 10**digits)
        return f"{sign}{whole}.{part:0{digits}d} {self.currency.upper()}"

    def _same(self, other: Money) -> int:
        if not isinstance(other, Money):
            raise TypeError(f"Money meets {type(other).__name__}.")
        if other.currency != self.currency:
            raise CurrencyMismatch(f"{self.currency} meets {other.currency}.")
        return other.amount_minor
