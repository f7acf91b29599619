"""Proration: what a part of a period is worth, and what an earlier line gives back. Free of Django.

Credit = −round(a × (e − t) / (e − s)) for an earlier debit a, net of its discount, that covers [s, e); debit =
+round((quantity × new price − its discount) × f), f the part of the natural period that is left. Exact
rationals, each line rounded once, half up. A credit names the debit it reverses, and the credits of a debit
never exceed it. Not here: which changes prorate (operations), where periods lie (periods.py).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from fractions import Fraction
from uuid import UUID

from foundation.money import HALF_UP, round_fraction
from subscriptions.errors import PeriodDatesOutOfOrder
from subscriptions.periods import Cycle, Period, local_date

DAYS_PER_FIXED_MONTH = 30
MONTHS_PER_YEAR = 12


class Basis(StrEnum):
    """What a part of a period is measured in."""

    SECOND = "second"
    DAY = "day"
    MONTH_OF_30 = "month_of_30"


@dataclass(frozen=True, slots=True)
class Ruler:
    """Measures parts of one natural period.

    By days, the date of an instant counts as a whole: the day of a change is the first unbilled one. months:
    of the period; 0 where it is counted in days, which has no months of 30.
    """

    period: Period
    basis: Basis = Basis.SECOND
    zone: str = "UTC"
    months: int = 0

    @classmethod
    def of(cls, cycle: Cycle, at: datetime, basis: Basis = Basis.SECOND) -> Ruler:
        """The ruler of the natural period that covers an instant."""
        return cls(cycle.period_at(at), basis, cycle.zone, cycle.months)

    @property
    def total(self) -> int:
        return self._position(self.period.end)

    def units(self, start: datetime, end: datetime) -> int:
        """How much of the period lies between two instants of it."""
        if not self.period.start <= start <= end <= self.period.end:
            raise PeriodDatesOutOfOrder("The part lies outside its period.")
        return self._position(end) - self._position(start)

    def fraction(self, start: datetime, end: datetime) -> Fraction:
        """The part of the whole period."""
        return Fraction(self.units(start, end), self.total)

    def _position(self, at: datetime) -> int:
        # Parts are differences of positions: they add up to the whole on every basis, whatever the month.
        if self.basis == Basis.SECOND:
            return int((at - self.period.start).total_seconds())
        start, day = local_date(self.period.start, self.zone), local_date(at, self.zone)
        if self.basis == Basis.DAY or not self.months:
            return (day - start).days
        whole = self.months * DAYS_PER_FIXED_MONTH
        if at == self.period.end:
            return whole
        return min(_days_of_30(day) - _days_of_30(start), whole)


def _days_of_30(day: date) -> int:
    months = day.year * MONTHS_PER_YEAR + day.month
    return months * DAYS_PER_FIXED_MONTH + min(day.day, DAYS_PER_FIXED_MONTH)


@dataclass(frozen=True, slots=True)
class Debit:
    """An earlier line that paid for [start, end) in advance.

    amount_minor: net of its discount. until: where earlier credits have already cut it off; credited_minor: what
    they gave back.
    """

    id: UUID
    amount_minor: int
    start: datetime
    end: datetime
    ruler: Ruler
    until: datetime | None = None
    credited_minor: int = 0

    @property
    def covered_until(self) -> datetime:
        return self.end if self.until is None else self.until

    def covers_after(self, at: datetime) -> bool:
        """Whether something of it is left to give back from `at` on."""
        return max(at, self.start) < self.covered_until

    def cut(self, credit: Credit) -> Debit:
        """The debit as it stands after a credit."""
        return replace(self, until=credit.start, credited_minor=self.credited_minor - credit.amount_minor)


@dataclass(frozen=True, slots=True)
class Credit:
    """amount_minor: zero or negative. part, whole: the units it was reckoned from."""

    debit_id: UUID
    amount_minor: int
    start: datetime
    end: datetime
    part: int
    whole: int


@dataclass(frozen=True, slots=True)
class Charge:
    """What an item costs from a change on: exact minor units of a full period, net of its discount."""

    key: str
    net: Fraction
    ruler: Ruler


@dataclass(frozen=True, slots=True)
class ProratedDebit:
    """part of whole units: the fraction f of the formula."""

    key: str
    amount_minor: int
    start: datetime
    end: datetime
    part: int
    whole: int


def credit_debit(debit: Debit, at: datetime) -> Credit | None:
    """Give back what a debit paid for beyond `at`; None when it covers nothing there."""
    if not debit.covers_after(at):
        return None
    start = max(at, debit.start)
    part = debit.ruler.units(start, debit.covered_until)
    whole = debit.ruler.units(debit.start, debit.end)
    exact = Fraction(debit.amount_minor * part, whole) if whole else Fraction(debit.amount_minor)
    # Two roundings half up of one debit may sum to a unit more than it: the debit is the limit.
    # What credit notes gave back beside may be more than that leaves.
    back = max(min(round_fraction(exact, HALF_UP), debit.amount_minor - debit.credited_minor), 0)
    return Credit(debit.id, -back, start, debit.covered_until, part, whole)


def credit_debits(debits: Iterable[Debit], at: datetime) -> list[Credit]:
    """The credits of a change at `at`, in the order of the debits; those of nothing are left out."""
    found = (credit_debit(debit, at) for debit in debits)
    return [credit for credit in found if credit is not None]


def prorate_charge(charge: Charge, at: datetime) -> ProratedDebit:
    """The debit for the rest of a natural period from `at` on; a change at its start pays all of it."""
    end = charge.ruler.period.end
    part, whole = charge.ruler.units(at, end), charge.ruler.total
    amount = round_fraction(charge.net * Fraction(part, whole), HALF_UP)
    return ProratedDebit(charge.key, amount, at, end, part, whole)


def prorate_change(
    *, at: datetime, debits: Sequence[Debit], charges: Sequence[Charge]
) -> tuple[list[Credit], list[ProratedDebit]]:
    """A change at `at`: the debits of what it replaces give back their rest, the new charges pay for it.

    Lines over nothing (a free plan) are left out.
    """
    credits = [credit for credit in credit_debits(debits, at) if credit.amount_minor]
    new = [debit for debit in (prorate_charge(charge, at) for charge in charges) if debit.amount_minor]
    return credits, new
