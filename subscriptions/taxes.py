"""Taxes: what each line's rates come to. Inclusive or exclusive, per line or once per invoice. Free of Django.

Which rates apply is the answer of a TaxProvider (subscriptions/tax); here they only become amounts.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fractions import Fraction

from foundation.money import HALF_UP, Money, round_fraction

HUNDRED = 100


class TaxRounding(StrEnum):
    """Where a fraction of a minor unit is rounded: on each line, or once on the invoice's whole tax."""

    LINE = "line"
    INVOICE = "invoice"


class Taxability(StrEnum):
    """Why a line is taxed as it is; Stripe's words."""

    STANDARD_RATED = "standard_rated"
    ZERO_RATED = "zero_rated"
    REVERSE_CHARGE = "reverse_charge"
    CUSTOMER_EXEMPT = "customer_exempt"


@dataclass(frozen=True, slots=True)
class Rate:
    """percentage: 20 is a fifth. key: what the answer names it by (a tax rate's public id)."""

    key: str
    percentage: Fraction
    inclusive: bool = False
    jurisdiction: str = ""
    taxability: Taxability = Taxability.STANDARD_RATED


@dataclass(frozen=True, slots=True)
class TaxAmount:
    """taxable: what the rate was taken of, without inclusive taxes."""

    rate: Rate
    taxable: Money
    amount: Money


def tax_lines(
    lines: Sequence[tuple[Money, Sequence[Rate]]], *, rounding: TaxRounding = TaxRounding.LINE
) -> list[list[TaxAmount]]:
    """The taxes of each line, in the order given: (amount net of discounts, its rates).

    Per invoice, the exact taxes of all lines are rounded once, and the lines share that total by largest remainder.
    """
    exact = [[_exact(amount, rate, rates) for rate in rates] for amount, rates in lines]
    rounded = [_rounded(amount, rates) for amount, rates in lines]
    if rounding == TaxRounding.INVOICE and any(exact):
        return _rounded_together(rounded, exact)
    return rounded


def _exact(amount: Money, rate: Rate, rates: Sequence[Rate]) -> Fraction:
    return _base(amount, rates) * rate.percentage / HUNDRED


def _base(amount: Money, rates: Sequence[Rate]) -> Fraction:
    # Inclusive taxes are inside the amount: together they are taken out of it before any rate is applied.
    inside = sum((rate.percentage for rate in rates if rate.inclusive), Fraction())
    return Fraction(amount.amount_minor) / (1 + inside / HUNDRED)


def _rounded(amount: Money, rates: Sequence[Rate]) -> list[TaxAmount]:
    taxes = [Money(round_fraction(_exact(amount, rate, rates), HALF_UP), amount.currency) for rate in rates]
    inside = (tax for tax, rate in zip(taxes, rates, strict=True) if rate.inclusive)
    taxable = amount - _sum(inside, amount.currency)
    return [TaxAmount(rate, taxable, tax) for rate, tax in zip(rates, taxes, strict=True)]


def _rounded_together(
    rounded: Sequence[Sequence[TaxAmount]], exact: Sequence[Sequence[Fraction]]
) -> list[list[TaxAmount]]:
    flat = [value for line in exact for value in line]
    currency = next(tax.amount.currency for line in rounded for tax in line)
    total = Money(round_fraction(sum(flat, Fraction()), HALF_UP), currency)
    shares = iter(_share_exactly(total, flat))
    return [[replace(tax, amount=next(shares)) for tax in line] for line in rounded]


def _share_exactly(total: Money, exact: Sequence[Fraction]) -> list[Money]:
    """Whole units for exact shares: each rounded down, the missing ones to the largest remainders."""
    floors = [value.numerator // value.denominator for value in exact]
    missing = total.amount_minor - sum(floors)
    by_remainder = sorted(range(len(exact)), key=lambda i: (floors[i] - exact[i], i))
    for index in by_remainder[:missing]:
        floors[index] += 1
    return [Money(value, total.currency) for value in floors]


def sum_exclusive(taxes: Sequence[TaxAmount], currency: str) -> Money:
    """What comes on top of the amounts."""
    return _sum((tax.amount for tax in taxes if not tax.rate.inclusive), currency)


def sum_inclusive(taxes: Sequence[TaxAmount], currency: str) -> Money:
    """What is contained in the amounts."""
    return _sum((tax.amount for tax in taxes if tax.rate.inclusive), currency)


def _sum(amounts: Iterable[Money], currency: str) -> Money:
    return sum(amounts, Money.zero(currency))
