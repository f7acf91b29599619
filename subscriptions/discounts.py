"""Discounts: percent or amount, once, repeating or forever; item discounts before subscription discounts.

An amount off several lines is split in proportion to what they still cost, largest remainder. Free of Django.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from uuid import UUID

from foundation.money import HALF_UP, Money, round_fraction
from subscriptions.periods import add_months
from subscriptions.pricing import split

HUNDRED = 100


class Duration(StrEnum):
    ONCE = "once"
    REPEATING = "repeating"
    FOREVER = "forever"


@dataclass(frozen=True, slots=True)
class DiscountTerms:
    """A coupon as it was redeemed. Exactly one of percent_off and amount_off.

    products: those it applies to; empty for all.
    """

    id: UUID
    percent_off: Fraction | None = None
    amount_off: Money | None = None
    duration: Duration = Duration.FOREVER
    starts_at: datetime | None = None
    ends_at: datetime | None = None
    products: frozenset[UUID] = frozenset()

    def applies_at(self, at: datetime, *, times_used: int = 0) -> bool:
        """Whether an invoice for a period that begins at `at` has it."""
        if self.duration == Duration.ONCE:
            return times_used == 0
        return (self.starts_at is None or self.starts_at <= at) and (
            self.ends_at is None or at < self.ends_at
        )

    def covers(self, product_id: UUID | None) -> bool:
        return not self.products or product_id in self.products


@dataclass(frozen=True, slots=True)
class DiscountableLine:
    """amount: before discounts, never negative. discounts: the item's own, in their order."""

    amount: Money
    product_id: UUID | None = None
    discounts: tuple[DiscountTerms, ...] = ()


@dataclass(frozen=True, slots=True)
class AppliedDiscount:
    discount_id: UUID
    amount: Money


def end_of_discount(
    duration: Duration, months: int | None, starts_at: datetime, zone: str
) -> datetime | None:
    """When a repeating discount ends: the same day so many months later; None for the others."""
    if duration != Duration.REPEATING or months is None:
        return None
    return add_months(starts_at, months, zone)


def apply_discounts(
    lines: Sequence[DiscountableLine], subscription_discounts: Sequence[DiscountTerms] = ()
) -> list[list[AppliedDiscount]]:
    """What comes off each line, in the order of the lines: item discounts first, each on what is left."""
    left = [line.amount for line in lines]
    applied: list[list[AppliedDiscount]] = [[] for _ in lines]
    for index, line in enumerate(lines):
        for discount in line.discounts:
            _apply(discount, [index], left, applied)
    for discount in subscription_discounts:
        covered = [index for index, line in enumerate(lines) if discount.covers(line.product_id)]
        _apply(discount, covered, left, applied)
    return applied


def net_of(line: DiscountableLine, applied: Sequence[AppliedDiscount]) -> Money:
    return sum((-discount.amount for discount in applied), line.amount)


def _apply(
    discount: DiscountTerms, indexes: Sequence[int], left: list[Money], applied: list[list[AppliedDiscount]]
) -> None:
    for index, amount in zip(indexes, _shares(discount, [left[i] for i in indexes]), strict=True):
        if not amount.is_zero:
            left[index] -= amount
            applied[index].append(AppliedDiscount(discount.id, amount))


def _shares(discount: DiscountTerms, amounts: Sequence[Money]) -> list[Money]:
    if discount.percent_off is not None:
        factor = discount.percent_off / HUNDRED
        return [
            Money(round_fraction(amount.amount_minor * factor, HALF_UP), amount.currency)
            for amount in amounts
        ]
    if discount.amount_off is None or not amounts:
        return [Money.zero(amount.currency) for amount in amounts]
    total = sum(amounts[1:], amounts[0])
    # More off than there is leaves nothing to pay, and the rest of the discount unused.
    return split(min(discount.amount_off, total), [amount.amount_minor for amount in amounts])
