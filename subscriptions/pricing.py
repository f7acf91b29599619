"""Pricing: what a quantity costs under a price. Exact until it is rounded once, half up. Free of Django.

Flat and per unit, tiers (graduated, volume), packages; a metered price is any of them over what was used.
Not here: parts of a period (proration.py), discounts, tax.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction

from foundation.money import HALF_UP, Money, round_fraction


class Tiering(StrEnum):
    GRADUATED = "graduated"
    VOLUME = "volume"


class PackageRounding(StrEnum):
    UP = "up"
    DOWN = "down"


class Aggregation(StrEnum):
    """How a meter's events become one quantity."""

    SUM = "sum"
    COUNT = "count"
    LAST = "last"
    MAX = "max"


@dataclass(frozen=True, slots=True)
class Tier:
    """up_to: the last quantity of the tier, None for the last tier. Amounts in minor units, decimals allowed."""

    up_to: int | None
    unit_amount: Fraction = Fraction()
    flat_amount: Fraction = Fraction()


@dataclass(frozen=True, slots=True)
class Package:
    """Quantities are sold in packages of `size`; a part of one counts as one, or as none."""

    size: int
    rounding: PackageRounding = PackageRounding.UP

    def count(self, quantity: Fraction) -> int:
        whole, rest = divmod(quantity, self.size)
        return whole + (1 if rest and self.rounding == PackageRounding.UP else 0)


@dataclass(frozen=True, slots=True)
class PriceTerms:
    """unit_amount: minor units per unit or package. tiers: lowest first; with tiers unit_amount is not read."""

    currency: str
    unit_amount: Fraction = Fraction()
    tiers: tuple[Tier, ...] = ()
    tiering: Tiering | None = None
    package: Package | None = None

    def exact(self, quantity: int | Fraction) -> Fraction:
        """Minor units for a full period, not rounded."""
        units = Fraction(quantity)
        if self.tiering == Tiering.VOLUME:
            return _volume(self.tiers, units)
        if self.tiering == Tiering.GRADUATED:
            return _graduated(self.tiers, units)
        if self.package is not None:
            units = Fraction(self.package.count(units))
        return self.unit_amount * units

    def amount(self, quantity: int | Fraction) -> Money:
        """The line for a full period: rounded once, half up."""
        return Money(round_fraction(self.exact(quantity), HALF_UP), self.currency)


def _volume(tiers: Sequence[Tier], units: Fraction) -> Fraction:
    tier = next(tier for tier in tiers if tier.up_to is None or units <= tier.up_to)
    return tier.unit_amount * units + tier.flat_amount


def _graduated(tiers: Sequence[Tier], units: Fraction) -> Fraction:
    total, below = Fraction(), 0
    for tier in tiers:
        # The first tier's flat amount is due even when nothing was used.
        if units <= below and below > 0:
            break
        upper = units if tier.up_to is None else min(units, Fraction(tier.up_to))
        total += tier.unit_amount * (upper - below) + tier.flat_amount
        if tier.up_to is None:
            break
        below = tier.up_to
    return total


def aggregate(aggregation: Aggregation, values: Sequence[Fraction]) -> Fraction:
    """One quantity from a meter's values, oldest first; 0 when there are none."""
    if not values:
        return Fraction()
    match aggregation:
        case Aggregation.SUM:
            return sum(values, Fraction())
        case Aggregation.COUNT:
            return Fraction(len(values))
        case Aggregation.LAST:
            return values[-1]
        case Aggregation.MAX:
            return max(values)


def split(amount: Money, weights: Sequence[int]) -> list[Money]:
    """An amount over lines in proportion to their weights: largest remainder; nothing when all weigh nothing."""
    if not any(weights):
        return [Money.zero(amount.currency) for _ in weights]
    return amount.allocate(weights)
