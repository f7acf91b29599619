"""Why a line comes to its amount: inputs, formula with its seconds, what it gives back, discounts and tax.

One way for lines that are written and for lines of a preview. The formula is reckoned again from the inputs: where it
comes to something else than the line, the page says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from typing import Any

from django.utils.html import format_html

from foundation.backoffice.display import NOTHING, instant, readable
from foundation.money import HALF_UP, Money, round_fraction
from subscriptions.admin.words import minor_words, price_words, quantity_words, signed, units_words
from subscriptions.models import InvoiceItem, InvoiceLine, Price
from subscriptions.pricing import PriceTerms, Tiering
from subscriptions.steps.reckon_invoice import ReckonedLine


@dataclass(frozen=True, slots=True)
class TaxFact:
    name: str
    percentage: Decimal
    inclusive: bool
    taxable: Money
    amount: Money


@dataclass(frozen=True, slots=True)
class Reversed:
    """The debit that a credit gives back a part of: its net amount, and where it stands."""

    net: Money
    words: str
    url: str = ""


@dataclass(frozen=True, slots=True)
class LineFacts:
    """A line, written or previewed, as the explanation needs it. Amounts before discounts and tax on top."""

    description: str
    amount: Money
    starts: Any
    ends: Any
    quantity: Decimal | None
    price: Price | None
    is_proration: bool
    basis: str
    part: int | None
    whole: int | None
    natural: tuple[Any, Any] | None
    reverses: Reversed | None
    discounts: list[tuple[str, Money]] = field(default_factory=list)
    taxes: list[TaxFact] = field(default_factory=list)

    @property
    def discount(self) -> Money:
        return sum((amount for _, amount in self.discounts), Money.zero(self.amount.currency))

    @property
    def tax_on_top(self) -> Money:
        on_top = (tax.amount for tax in self.taxes if not tax.inclusive)
        return sum(on_top, Money.zero(self.amount.currency))

    @property
    def total(self) -> Money:
        return self.amount - self.discount + self.tax_on_top


def facts_of_row(
    line: InvoiceLine,
    *,
    reverses: Reversed | None,
    discount_names: dict[str, str],
    rate_names: dict[str, str],
) -> LineFacts:
    """line: with its price and product. The names are by public id."""
    return LineFacts(
        description=line.description,
        amount=line.amount,
        starts=line.period_start_at,
        ends=line.period_end_at,
        quantity=line.quantity,
        price=line.price,
        is_proration=line.is_proration,
        basis=line.basis,
        part=line.part_units,
        whole=line.whole_units,
        natural=(line.natural_start_at, line.natural_end_at) if line.natural_start_at else None,
        reverses=reverses,
        discounts=[
            (discount_names.get(one["discount"], one["discount"]), Money(one["amount"], line.currency))
            for one in line.discounts
        ],
        taxes=[
            TaxFact(
                rate_names.get(tax["rate"], tax["rate"]),
                _decimal(Fraction(tax["percentage"])),
                tax["inclusive"],
                Money(tax["taxable"], line.currency),
                Money(tax["amount"], line.currency),
            )
            for tax in line.taxes
        ],
    )


def facts_of_preview(
    line: ReckonedLine,
    *,
    reverses: Reversed | None,
    discount_names: dict[str, str],
    rate_names: dict[str, str],
) -> LineFacts:
    new = line.new
    ruler = new.ruler
    return LineFacts(
        description=new.description,
        amount=new.amount,
        starts=new.period.start,
        ends=new.period.end,
        quantity=new.quantity,
        price=new.price,
        is_proration=new.is_proration,
        basis=str(ruler.basis) if ruler else "",
        part=new.part_units,
        whole=new.whole_units,
        natural=(ruler.period.start, ruler.period.end) if ruler else None,
        reverses=reverses,
        discounts=[
            (discount_names.get(str(one.discount_id), "Discount"), one.amount) for one in line.discounts
        ],
        taxes=[
            TaxFact(
                rate_names.get(tax.rate.key, tax.rate.key),
                _decimal(tax.rate.percentage),
                tax.rate.inclusive,
                tax.taxable,
                tax.amount,
            )
            for tax in line.taxes
        ],
    )


def explanation(facts: LineFacts) -> dict[str, Any]:
    """For the template: inputs (label, value), formula, is_sure (reckoned again, the same), steps after it."""
    formula, again = _formula(facts)
    return {
        "inputs": _inputs(facts),
        "formula": formula,
        "is_sure": again is None or again == facts.amount.amount_minor,
        "steps": _steps(facts),
        "total": signed(facts.total),
    }


def _inputs(facts: LineFacts) -> list[tuple[str, Any]]:
    rows: list[tuple[str, Any]] = []
    if facts.price is not None:
        rows.append(("Price", price_words(facts.price)))
    if facts.quantity is not None:
        rows.append(("Quantity", quantity_words(facts.quantity)))
    rows.append(("Time", _span(facts.starts, facts.ends)))
    if facts.natural is not None and facts.natural != (facts.starts, facts.ends):
        rows.append(("Whole period", _span(*facts.natural)))
    if facts.part is not None and facts.whole:
        share = f"{units_words(facts.part, facts.basis)} of {units_words(facts.whole, facts.basis)}"
        rows.append(("Part", share))
    if facts.reverses is not None:
        rows.append(("Gives back", _reversed_words(facts.reverses)))
    return rows


def _formula(facts: LineFacts) -> tuple[str, int | None]:
    """(the formula in words, what it comes to when reckoned again); None where there is nothing to reckon."""
    amount, zero = facts.amount, facts.amount.currency
    if facts.reverses is not None and facts.part is not None and facts.whole:
        exact = Fraction(facts.reverses.net.amount_minor * facts.part, facts.whole)
        words = f"−round({readable(facts.reverses.net)} × {_part_words(facts)}) = {signed(amount)}"
        again = -round_fraction(exact, HALF_UP)
        # A debit never gives back more than it was: its last credit may be a unit less than the formula.
        is_last = amount.amount_minor - again == 1
        return (f"{words}, all that was left of it", None) if is_last else (words, again)
    if facts.price is None or facts.quantity is None:
        return "An amount that was entered by hand.", None
    if facts.natural is None and amount.is_zero and not facts.price.is_metered:
        return "The trial costs nothing.", None
    gross = facts.price.terms.exact(Fraction(facts.quantity))
    words = gross_words(facts.price.terms, Fraction(facts.quantity))
    if facts.part is None or not facts.whole or facts.part == facts.whole:
        return f"{words} = {signed(amount)}", _if_no_discount(facts, round_fraction(gross, HALF_UP))
    again = round_fraction(gross * Fraction(facts.part, facts.whole), HALF_UP)
    if facts.is_proration and again > amount.amount_minor:
        # Of a change, the debit is net already: its discount comes off the whole period, then the part is taken.
        net = _net_of_whole(facts)
        off = minor_words(_decimal(gross - net), zero)
        return f"round(({words} − {off} of discounts) × {_part_words(facts)}) = {signed(amount)}", None
    return f"round({words} × {_part_words(facts)}) = {signed(amount)}", again


def _if_no_discount(facts: LineFacts, again: int) -> int | None:
    """A debit of a change is net of its discounts: without them at hand it can not be reckoned again."""
    return None if facts.is_proration and again > facts.amount.amount_minor else again


def _net_of_whole(facts: LineFacts) -> Fraction:
    whole, part = facts.whole or 1, facts.part or 1
    return Fraction(round_fraction(Fraction(facts.amount.amount_minor * whole, part), HALF_UP))


def _part_words(facts: LineFacts) -> str:
    return f"{units_words(facts.part or 0, facts.basis)} ÷ {units_words(facts.whole or 0, facts.basis)}"


def gross_words(terms: PriceTerms, quantity: Fraction) -> str:
    """ "3 × 10.00 USD", "10 × 5.00 USD + 2 × 4.00 USD" by tiers, "2 packages × 9.00 USD"."""
    count = quantity_words(_decimal(quantity))
    if terms.tiering == Tiering.VOLUME:
        tier = next(one for one in terms.tiers if one.up_to is None or quantity <= one.up_to)
        return _tier_words(count, tier.unit_amount, tier.flat_amount, terms.currency)
    if terms.tiering == Tiering.GRADUATED:
        parts: list[str] = []
        below = 0
        for tier in terms.tiers:
            upper = quantity if tier.up_to is None else min(quantity, Fraction(tier.up_to))
            if upper > below or not parts:
                here = quantity_words(_decimal(upper - below))
                parts.append(_tier_words(here, tier.unit_amount, tier.flat_amount, terms.currency))
            if tier.up_to is None or quantity <= tier.up_to:
                break
            below = tier.up_to
        return " + ".join(parts)
    each = minor_words(_decimal(terms.unit_amount), terms.currency)
    if terms.package is not None:
        packages = terms.package.count(quantity)
        return f"{packages:,} package{'' if packages == 1 else 's'} of {terms.package.size:,} × {each}"
    return f"{count} × {each}"


def _tier_words(count: str, unit: Fraction, flat: Fraction, currency: str) -> str:
    words = f"{count} × {minor_words(_decimal(unit), currency)}"
    return f"{words} + {minor_words(_decimal(flat), currency)}" if flat else words


def _steps(facts: LineFacts) -> list[tuple[str, str]]:
    """What happens to the amount afterwards, in its order: discounts, then tax."""
    steps = [(f"Discount: {name}", signed(-amount)) for name, amount in facts.discounts]
    for tax in facts.taxes:
        how = f"{tax.name}, {quantity_words(tax.percentage)} % of {signed(tax.taxable)}"
        steps.append((f"{how}, contained" if tax.inclusive else how, signed(tax.amount)))
    return steps


def _reversed_words(debit: Reversed) -> Any:
    words = f"a part of {readable(debit.net)}: {debit.words}"
    return format_html('<a class="bo-link" href="{}">{}</a>', debit.url, words) if debit.url else words


def reversed_row(debit: InvoiceLine | InvoiceItem, *, url: str, where: str) -> Reversed:
    """where: the number of its invoice, or that it waits for one."""
    return Reversed(Money(debit.net_minor, debit.currency), f"{debit.description}, {where}", url)


def _span(start: Any, end: Any) -> Any:
    return NOTHING if start is None else format_html("{} to {}", instant(start), instant(end))


def _decimal(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def totals_of(facts: Sequence[LineFacts], currency: str) -> list[tuple[str, Money]]:
    """Subtotal, discount, tax on top, total of a preview; what is zero is left out but the total."""
    zero = Money.zero(currency)
    total = sum((one.total for one in facts), zero)
    parts: list[tuple[str, Money]] = [
        ("Discounts", -sum((one.discount for one in facts), zero)),
        ("Tax", sum((one.tax_on_top for one in facts), zero)),
    ]
    parts = [part for part in parts if not part[1].is_zero]
    # A sum of nothing but itself would say the same twice.
    subtotal = [("Subtotal", sum((one.amount for one in facts), zero))] if parts else []
    return [*subtotal, *parts, ("Total", total)]
