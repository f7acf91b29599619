"""Lines of finalized invoices, reckoned again from the inputs that they keep: what comes to something else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from uuid import UUID

from django.db.models import QuerySet

from foundation.ids import first_id_at
from foundation.money import HALF_UP, Money, round_fraction
from subscriptions.models import InvoiceLine, InvoiceStatus
from subscriptions.taxes import Rate, tax_lines

A_UNIT = 1
"""What rounding once per invoice, or a limit of what may be given back, moves a line by."""


@dataclass(frozen=True, slots=True)
class DifferingLine:
    """what: amount or tax. expected, found: in minor units."""

    merchant_id: UUID
    line_id: UUID
    invoice_id: UUID
    what: str
    expected: int
    found: int


def list_differing_lines(*, since: datetime, limit: int) -> list[DifferingLine]:
    """Among the first `limit` lines that were written since an instant, of every merchant."""
    rows = _lines().filter(pk__gte=first_id_at(since)).order_by("id")[:limit]
    return [found for row in rows for found in _differences(row)]


def read_first_line_at() -> datetime | None:
    """When the oldest line was written."""
    return InvoiceLine.across_merchants.order_by("id").values_list("created_at", flat=True).first()


def _lines() -> QuerySet[InvoiceLine]:
    finalized = InvoiceLine.across_merchants.exclude(invoice__status=InvoiceStatus.DRAFT)
    return finalized.select_related("price", "reverses")


def _differences(line: InvoiceLine) -> Iterator[DifferingLine]:
    for what, expected, found in (("amount", _amount(line), line.amount_minor), ("tax", *_tax(line))):
        if expected is not None and expected != found:
            yield DifferingLine(line.merchant_id, line.id, line.invoice_id, what, expected, found)


def _amount(line: InvoiceLine) -> int | None:
    """None where the line does not keep all that decided it: an amount by hand, a change's debit net of discounts."""
    if line.reverses is not None and line.part_units is not None and line.whole_units:
        return _credit(line, line.reverses, Fraction(line.part_units, line.whole_units))
    if line.price is None or line.quantity is None or (line.invoice_item_id and not line.is_proration):
        return None
    part = Fraction(line.part_units or 0, line.whole_units) if line.whole_units else Fraction(1)
    again = round_fraction(line.price.terms.exact(Fraction(line.quantity)) * part, HALF_UP)
    is_net = line.is_proration and again > line.amount_minor
    return None if is_net else again


def _credit(line: InvoiceLine, debit: InvoiceLine, part: Fraction) -> int:
    exact = round_fraction(debit.net_minor * part, HALF_UP)
    # All of the debit has come back: its limit may have cut the last credit short.
    is_at_limit = debit.credited_minor == debit.net_minor and -line.amount_minor < exact
    return line.amount_minor if is_at_limit else -exact


def _tax(line: InvoiceLine) -> tuple[int, int]:
    rates = [Rate(tax["rate"], Fraction(tax["percentage"]), tax["inclusive"]) for tax in line.taxes]
    [taxes] = tax_lines([(Money(line.net_minor, line.currency), rates)])
    expected = sum(tax.amount.amount_minor for tax in taxes)
    found = line.tax_minor + line.inclusive_tax_minor
    is_close = abs(expected - found) <= A_UNIT * len(taxes)
    return (found if is_close else expected), found
