"""Credit notes as arithmetic: what a note does to its invoice, and the limit of each line. Free of Django.

A note first lowers what remains to be paid. What it exceeds that by was paid already, and goes back exactly:
refund + credit to the balance + out of band.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from foundation.money import HALF_UP, round_fraction
from subscriptions.errors import CreditNoteExceedsLine, CreditNoteSplitDiffers
from subscriptions.taxes import HUNDRED, TaxAmount


@dataclass(frozen=True, slots=True)
class NoteSplit:
    """pre_payment + post_payment is the note's total, in minor units."""

    pre_payment_minor: int
    refund_minor: int
    credit_minor: int
    out_of_band_minor: int

    @property
    def post_payment_minor(self) -> int:
        return self.refund_minor + self.credit_minor + self.out_of_band_minor


def split_note(
    total_minor: int,
    *,
    amount_remaining_minor: int,
    refund_minor: int = 0,
    credit_minor: int | None = None,
    out_of_band_minor: int = 0,
) -> NoteSplit:
    """What remains is lowered first. credit_minor: None for the rest of it. Raises CreditNoteSplitDiffers."""
    pre_payment = min(total_minor, amount_remaining_minor)
    paid_back = total_minor - pre_payment
    credit = paid_back - refund_minor - out_of_band_minor if credit_minor is None else credit_minor
    parts = (refund_minor, credit, out_of_band_minor)
    if min(parts) < 0 or sum(parts) != paid_back:
        raise CreditNoteSplitDiffers(
            f"Of {total_minor}, {pre_payment} lowers what remains to be paid; refund, credit and out of band"
            f" have to add up to {paid_back}."
        )
    return NoteSplit(pre_payment, *parts)


@dataclass(frozen=True, slots=True)
class NoteLine:
    """What a note gives back of a line; taxes in the order of the line's taxes."""

    amount_minor: int
    discount_minor: int
    tax_minor: tuple[int, ...]

    def total(self, taxes: Sequence[TaxAmount]) -> int:
        on_top = (tax for tax, of in zip(self.tax_minor, taxes, strict=True) if not of.rate.inclusive)
        return self.amount_minor - self.discount_minor + sum(on_top)


@dataclass(frozen=True, slots=True)
class CreditableLine:
    """An invoice line: its amount before discounts, what its discounts took off, its taxes, earlier notes."""

    amount_minor: int
    discount_minor: int
    taxes: tuple[TaxAmount, ...]
    earlier: tuple[NoteLine, ...] = ()

    @property
    def left_minor(self) -> int:
        return self.amount_minor - sum(note.amount_minor for note in self.earlier)

    @property
    def discount_left_minor(self) -> int:
        return self.discount_minor - sum(note.discount_minor for note in self.earlier)

    def tax_left_minor(self, index: int) -> int:
        return self.taxes[index].amount.amount_minor - sum(note.tax_minor[index] for note in self.earlier)


def credit_line(line: CreditableLine, amount_minor: int) -> NoteLine:
    """Give back a part of a line before discounts, with its share of the discounts and the tax on the rest.

    Shares are exact and each is rounded once, half up, but never above what earlier notes have left; the note that
    ends a line takes all that is left. Raises CreditNoteExceedsLine.
    """
    left = line.left_minor
    if not 0 < amount_minor <= left:
        raise CreditNoteExceedsLine(f"Of this line, {left} can still be credited, not {amount_minor}.")
    tax_left = [line.tax_left_minor(index) for index in range(len(line.taxes))]
    if amount_minor == left:
        return NoteLine(amount_minor, line.discount_left_minor, tuple(tax_left))
    discount = Fraction(line.discount_minor * amount_minor, line.amount_minor)
    return NoteLine(
        amount_minor,
        min(round_fraction(discount, HALF_UP), line.discount_left_minor),
        _taxes_on(line, amount_minor - discount, tax_left),
    )


def prorated_part(line: CreditableLine, net_minor: int) -> NoteLine:
    """What prorations gave back of a line, as a note that came before would have: notes and prorations together never
    exceed the line. net_minor: after discounts, up to the line's own."""
    net = line.amount_minor - line.discount_minor
    tax_left = [line.tax_left_minor(index) for index in range(len(line.taxes))]
    if net_minor >= net:
        return NoteLine(line.amount_minor, line.discount_minor, tuple(tax_left))
    # Rounded up: a unit too little may be left, never one too much.
    amount = -(-line.amount_minor * net_minor // net)
    return NoteLine(amount, amount - net_minor, _taxes_on(line, Fraction(net_minor), tax_left))


def _taxes_on(line: CreditableLine, net: Fraction, tax_left: Sequence[int]) -> tuple[int, ...]:
    inside = sum((tax.rate.percentage for tax in line.taxes if tax.rate.inclusive), Fraction())
    base = net / (1 + inside / HUNDRED)
    taxes = (round_fraction(base * tax.rate.percentage / HUNDRED, HALF_UP) for tax in line.taxes)
    return tuple(min(tax, rest) for tax, rest in zip(taxes, tax_left, strict=True))
