"""Reckon an invoice: lines in, discounts, taxes and totals out. Writes nothing, so a preview is the same sum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

from foundation.money import Money
from subscriptions.discounts import AppliedDiscount, DiscountableLine, DiscountTerms, apply_discounts
from subscriptions.models import Discount, InvoiceItem, Price, SubscriptionItem, TaxRate
from subscriptions.periods import Period
from subscriptions.proration import Ruler
from subscriptions.tax.port import TaxLine, TaxProvider, TaxRequest
from subscriptions.tax.static import StaticTaxProvider
from subscriptions.taxes import TaxAmount, TaxRounding, tax_lines


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
    """What decides whose tax it is: seller, customer and the way to round."""

    seller_country: str
    customer_country: str = ""
    customer_state: str = ""
    customer_postal_code: str = ""
    exempt: str = "none"
    vat_id: str = ""
    rounding: TaxRounding = TaxRounding.LINE


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
    currency: str
    lines: list[ReckonedLine] = field(default_factory=list)

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
    request = TaxRequest(
        lines=tuple(
            TaxLine(
                key=str(index),
                amount=net,
                tax_code=line.price.product.tax_code if line.price else "",
                rates=tuple(rates[text].rate for text in line.tax_rate_ids),
            )
            for index, (line, net) in enumerate(zip(lines, nets, strict=True))
        ),
        seller_country=facts.seller_country,
        customer_country=facts.customer_country,
        customer_state=facts.customer_state,
        customer_postal_code=facts.customer_postal_code,
        exempt=facts.exempt,
        vat_id=facts.vat_id,
    )
    answer = (provider or StaticTaxProvider()).rates_for(request)
    taxes = tax_lines(list(zip(nets, answer, strict=True)), rounding=facts.rounding)
    reckoned = [ReckonedLine(*parts) for parts in zip(lines, taken, taxes, strict=True)]
    return ReckonedInvoice(currency, reckoned)


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
