"""What a PSP charges for a payment: basis points and a fixed part, by brand, country and currency. Pure.

An account's cost model is a list of entries; the most exact one that fits a payment holds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from foundation.money import Rounding, round_fraction

BPS = 10_000
MOST_BPS = 10_000
MOST_FIXED_MINOR = 10**9
MOST_ENTRIES = 200
NAMES = frozenset({"brand", "country", "currency", "bps", "fixed_minor"})


class CostModelUnreadable(ValueError):
    """The list is no cost model; the text says where."""


@dataclass(frozen=True, slots=True)
class CostEntry:
    """brand, country, currency: empty for any. fixed_minor: in minor units of `currency`, which it then needs."""

    bps: int
    fixed_minor: int = 0
    brand: str = ""
    country: str = ""
    currency: str = ""

    @property
    def exactness(self) -> int:
        return 4 * bool(self.country) + 2 * bool(self.brand) + bool(self.currency)

    def fits(self, *, brand: str, country: str, currency: str) -> bool:
        return self.brand in ("", brand) and self.country in ("", country) and self.currency in ("", currency)


def read_cost_model(entries: Sequence[Mapping[str, Any]]) -> tuple[CostEntry, ...]:
    """The entries of a stored or given list. Raises CostModelUnreadable."""
    if not isinstance(entries, list | tuple) or len(entries) > MOST_ENTRIES:
        raise CostModelUnreadable(f"A cost model is a list of at most {MOST_ENTRIES} entries.")
    return tuple(_read_entry(entry, number) for number, entry in enumerate(entries, start=1))


def expected_cost_bps(
    model: Sequence[CostEntry], *, amount_minor: int, brand: str, country: str, currency: str
) -> int | None:
    """What an authorized payment costs, in basis points of the amount, rounded half up; None when no entry fits."""
    fitting = [entry for entry in model if entry.fits(brand=brand, country=country, currency=currency)]
    if not fitting:
        return None
    entry = max(fitting, key=lambda one: one.exactness)
    if not entry.fixed_minor:
        return entry.bps
    fixed = Fraction(entry.fixed_minor * BPS, amount_minor)
    return entry.bps + round_fraction(fixed, Rounding.HALF_UP)


def _read_entry(entry: Mapping[str, Any], number: int) -> CostEntry:
    if not isinstance(entry, Mapping) or not set(entry) <= NAMES or "bps" not in entry:
        raise CostModelUnreadable(f"Entry {number} needs bps and knows {', '.join(sorted(NAMES))}.")
    read = CostEntry(
        bps=entry["bps"],
        fixed_minor=entry.get("fixed_minor", 0),
        brand=entry.get("brand", ""),
        country=entry.get("country", ""),
        currency=entry.get("currency", ""),
    )
    if not _is_count(read.bps, MOST_BPS) or not _is_count(read.fixed_minor, MOST_FIXED_MINOR):
        raise CostModelUnreadable(f"Entry {number}: bps and fixed_minor are whole numbers, not negative.")
    if not all(isinstance(word, str) for word in (read.brand, read.country, read.currency)):
        raise CostModelUnreadable(f"Entry {number}: brand, country and currency are words.")
    if read.fixed_minor and not read.currency:
        raise CostModelUnreadable(f"Entry {number}: a fixed part needs its currency.")
    return read


def _is_count(value: object, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= most
