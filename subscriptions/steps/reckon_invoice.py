"""Reckon an invoice: lines in, discounts, taxes and totals out. Writes nothing, so a preview is the same sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any
from uuid import UUID

from foundation.money import Money
from subscriptions.discounts import AppliedDiscount, DiscountableLine, DiscountTerms, apply_discounts
from subscriptions.models import (
    Discount,
    InvoiceItem,
    Price,
    SubscriptionItem,
    TaxBehavior,
    TaxRate,
    TaxStatus,
)
from subscriptions.periods import Period
from subscriptions.proration import Ruler
from subscriptions.queries.tax_answers import question_of
from subscriptions.tax.port import TaxLine, TaxProvider, TaxRequest
from subscriptions.tax.static import StaticTaxProvider
from subscriptions.tax_service.questions import rate_of
from subscriptions.taxes import Rate, TaxAmount, TaxRounding, tax_lines


@dataclass(frozen=True, slots=True)
class NewLine:
    """A line before discounts and tax. ruler, part_units, whole_units: what a part of time was measured with."""

    amount: Money
    period: Period
    description: str
    item: SubscriptionItem | None = None
    price: Price | None = None
    quantity: Decimal | None = None
    ruler: Ruler | None = None
    part_units: int | None = None
    whole_units: int | None = None
    is_proration: bool = False
    is_discountable: bool = True
    tax_rate_ids: tuple[str, ...] = ()
    invoice_item: InvoiceItem | None = None
    reverses_line_id: UUID | None = None
    reverses_item_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class TaxFacts:
    """What decides whose tax it is: seller, customer and the way to round.

    answers: of the tax service, by question, where the merchant asks it; None where all rates are set by hand.
    """

    seller_country: str
    customer_country: str = ""
    customer_state: str = ""
    customer_postal_code: str = ""
    exempt: str = "none"
    vat_id: str = ""
    rounding: TaxRounding = TaxRounding.LINE
    answers: Mapping[str, list[dict[str, Any]]] | None = None

    def as_request(self, lines: Sequence[TaxLine] = ()) -> TaxRequest:
        return TaxRequest(
            lines=tuple(lines),
            seller_country=self.seller_country,
            customer_country=self.customer_country,
            customer_state=self.customer_state,
            customer_postal_code=self.customer_postal_code,
            exempt=self.exempt,
            vat_id=self.vat_id,
        )


@dataclass(frozen=True, slots=True)
class ReckonedLine:
    new: NewLine
    discounts: list[AppliedDiscount]
    taxes: list[TaxAmount]

    @property
    def discount_minor(self) -> int:
        return sum(one.amount.amount_minor for one in self.discounts)

    @property
    def tax_minor(self) -> int:
        """On top of the amount."""
        return sum(tax.amount.amount_minor for tax in self.taxes if not tax.rate.inclusive)

    @property
    def inclusive_tax_minor(self) -> int:
        return sum(tax.amount.amount_minor for tax in self.taxes if tax.rate.inclusive)


@dataclass(frozen=True, slots=True)
class ReckonedInvoice:
    """tax_status: how the taxes were found, where a tax service is asked; pending when it has not answered yet."""

    currency: str
    lines: list[ReckonedLine] = field(default_factory=list)
    tax_status: str = ""

    @property
    def subtotal_minor(self) -> int:
        return sum(line.new.amount.amount_minor for line in self.lines)

    @property
    def discount_minor(self) -> int:
        return sum(line.discount_minor for line in self.lines)

    @property
    def tax_minor(self) -> int:
        return sum(line.tax_minor for line in self.lines)

    @property
    def inclusive_tax_minor(self) -> int:
        return sum(line.inclusive_tax_minor for line in self.lines)

    @property
    def total_minor(self) -> int:
        return self.subtotal_minor - self.discount_minor + self.tax_minor


def reckon_invoice(
    lines: Sequence[NewLine],
    *,
    currency: str,
    discounts: Sequence[Discount],
    rates: Mapping[str, TaxRate],
    facts: TaxFacts,
    at: datetime,
    provider: TaxProvider | None = None,
) -> ReckonedInvoice:
    """discounts: of the subscription, its items and the invoice; those that do not apply at `at` are left out.

    rates: by id as the lines name them. Raises TaxUnavailable."""
    terms = [(one, one.terms) for one in discounts if one.terms.applies_at(at, times_used=one.times_used)]
    over_all = [term for one, term in terms if one.subscription_item_id is None]
    taken = _discount(lines, terms, over_all)
    nets = [_net(line, own) for line, own in zip(lines, taken, strict=True)]
    rates_of, tax_status = _rates_of(lines, rates, facts)
    request = facts.as_request(
        [
            TaxLine(
                key=str(index),
                amount=net,
                tax_code=line.price.product.tax_code if line.price else "",
                rates=own,
            )
            for index, (line, net, own) in enumerate(zip(lines, nets, rates_of, strict=True))
        ]
    )
    answer = (provider or StaticTaxProvider()).rates_for(request)
    taxes = tax_lines(list(zip(nets, answer, strict=True)), rounding=facts.rounding)
    reckoned = [ReckonedLine(*parts) for parts in zip(lines, taken, taxes, strict=True)]
    return ReckonedInvoice(currency, reckoned, tax_status)


def _rates_of(
    lines: Sequence[NewLine], rates: Mapping[str, TaxRate], facts: TaxFacts
) -> tuple[list[tuple[Rate, ...]], str]:
    """The rates of each line, and how they were found: by hand, or as the tax service has answered."""
    by_hand = [tuple(rates[text].rate for text in line.tax_rate_ids) for line in lines]
    if facts.answers is None or all(line.tax_rate_ids for line in lines):
        return by_hand, ""
    answered: list[tuple[Rate, ...]] = []
    for line, own in zip(lines, by_hand, strict=True):
        kept = None if line.tax_rate_ids else facts.answers.get(question_of(line.price, facts).hash)
        if kept is None and not line.tax_rate_ids:
            # One line that nobody knows the tax of: the draft waits, and says so.
            return by_hand, TaxStatus.PENDING.value
        is_inclusive = line.price is not None and line.price.tax_behavior == TaxBehavior.INCLUSIVE
        answered.append(own or tuple(rate_of(one, is_inclusive=is_inclusive) for one in kept or ()))
    return answered, TaxStatus.ANSWERED.value


def _discount(
    lines: Sequence[NewLine],
    terms: Sequence[tuple[Discount, DiscountTerms]],
    over_all: Sequence[DiscountTerms],
) -> list[list[AppliedDiscount]]:
    # Credits and lines that are net already keep their amounts, and take no share of what comes off the others.
    open_to = [index for index, line in enumerate(lines) if _takes_discounts(line)]
    discountable = [
        DiscountableLine(
            lines[index].amount,
            _product_of(lines[index]),
            tuple(term for one, term in terms if _is_of(one, lines[index])),
        )
        for index in open_to
    ]
    taken: list[list[AppliedDiscount]] = [[] for _ in lines]
    for index, own in zip(open_to, apply_discounts(discountable, over_all), strict=True):
        taken[index] = own
    return taken


def _takes_discounts(line: NewLine) -> bool:
    return line.is_discountable and line.amount.amount_minor > 0


def _is_of(discount: Discount, line: NewLine) -> bool:
    return line.item is not None and discount.subscription_item_id == line.item.id


def _product_of(line: NewLine) -> UUID | None:
    return line.price.product_id if line.price is not None else None


def _net(line: NewLine, own: Sequence[AppliedDiscount]) -> Money:
    return sum((-one.amount for one in own), line.amount)


def decimal_of(value: Fraction) -> Decimal:
    """A quantity for its column: exact up to twelve decimals."""
    return Decimal(value.numerator) / Decimal(value.denominator)
