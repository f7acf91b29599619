"""Reckon a credit note: what it gives back of each line, and how its total is split. Writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any
from uuid import UUID

from foundation.errors import ResourceMissing
from foundation.money import HALF_UP, Money, round_fraction
from foundation.transactions import joins_transaction
from subscriptions.crediting import (
    CreditableLine,
    NoteLine,
    NoteSplit,
    credit_line,
    prorated_part,
    split_note,
)
from subscriptions.errors import CreditNoteExceedsInvoice, InvoiceUnexpectedState
from subscriptions.models import CreditNoteLine, CreditNoteStatus, Invoice, InvoiceLine, InvoiceStatus
from subscriptions.queries.invoices import list_lines
from subscriptions.taxes import Rate, Taxability, TaxAmount

CREDITABLE = (InvoiceStatus.OPEN, InvoiceStatus.PAID, InvoiceStatus.UNCOLLECTIBLE)


@dataclass(frozen=True, slots=True)
class Credited:
    """line_id: an invoice line, of which amount_minor (before discounts) or so many units go back.

    line_id None: an amount of its own, without tax.
    """

    line_id: UUID | None = None
    amount_minor: int | None = None
    quantity: int | None = None
    description: str = ""


@dataclass(frozen=True, slots=True)
class NotePlan:
    """How the caller wants what was paid to go back; credit_minor: None for the rest of it."""

    refund_minor: int = 0
    credit_minor: int | None = None
    out_of_band_minor: int = 0


@dataclass(frozen=True, slots=True)
class ReckonedNoteLine:
    line: InvoiceLine | None
    description: str
    back: NoteLine
    taxes: list[dict[str, Any]] = field(default_factory=list)

    @property
    def tax_minor(self) -> int:
        return sum(tax["amount"] for tax in self.taxes if not tax["inclusive"])

    @property
    def inclusive_tax_minor(self) -> int:
        return sum(tax["amount"] for tax in self.taxes if tax["inclusive"])


@dataclass(frozen=True, slots=True)
class ReckonedNote:
    lines: list[ReckonedNoteLine]
    split: NoteSplit

    @property
    def subtotal_minor(self) -> int:
        return sum(line.back.amount_minor for line in self.lines)

    @property
    def discount_minor(self) -> int:
        return sum(line.back.discount_minor for line in self.lines)

    @property
    def tax_minor(self) -> int:
        return sum(line.tax_minor for line in self.lines)

    @property
    def inclusive_tax_minor(self) -> int:
        return sum(line.inclusive_tax_minor for line in self.lines)

    @property
    def total_minor(self) -> int:
        return self.subtotal_minor - self.discount_minor + self.tax_minor


@joins_transaction
def reckon_note(invoice: Invoice, credited: Sequence[Credited], plan: NotePlan) -> ReckonedNote:
    """The invoice is locked, or looked at only.

    Raises: InvoiceUnexpectedState, ResourceMissing (a line), CreditNoteExceedsLine, CreditNoteExceedsInvoice,
    CreditNoteSplitDiffers.
    """
    if invoice.status not in CREDITABLE:
        raise InvoiceUnexpectedState(f"An invoice that is {invoice.status} can not be credited.")
    rows = {line.id: line for line in list_lines(invoice)}
    earlier = _earlier_notes(invoice)
    lines: list[ReckonedNoteLine] = []
    for one in credited:
        if one.line_id is None:
            own = NoteLine(one.amount_minor or 0, 0, ())
            lines.append(ReckonedNoteLine(None, one.description, own))
            continue
        line = rows.get(one.line_id)
        if line is None:
            raise ResourceMissing("No such line on this invoice.", param="lines")
        noted = _credit(line, one, earlier.setdefault(line.id, []))
        # Two entries of one line in a note see each other as two notes would.
        earlier[line.id].append(noted.back)
        lines.append(noted)
    total = sum(line.back.amount_minor - line.back.discount_minor + line.tax_minor for line in lines)
    before = invoice.credited_before_payment_minor + invoice.credited_after_payment_minor
    if total <= 0 or total + before > invoice.total_minor:
        raise CreditNoteExceedsInvoice(
            f"Of this invoice, {max(invoice.total_minor - before, 0)} can still be credited, not {total}.",
            param="amount",
        )
    is_owed = invoice.status != InvoiceStatus.PAID
    split = split_note(
        total,
        amount_remaining_minor=invoice.amount_remaining.amount_minor if is_owed else 0,
        refund_minor=plan.refund_minor,
        credit_minor=plan.credit_minor,
        out_of_band_minor=plan.out_of_band_minor,
    )
    return ReckonedNote(lines, split)


def _credit(line: InvoiceLine, one: Credited, earlier: list[NoteLine]) -> ReckonedNoteLine:
    taxes = tuple(_tax_of(tax, line.currency) for tax in line.taxes)
    creditable = CreditableLine(line.amount_minor, line.discount_minor, taxes)
    if line.credited_minor:
        # What changes of the subscription gave back does not come back a second time.
        earlier = [prorated_part(creditable, line.credited_minor), *earlier]
    creditable = replace(creditable, earlier=tuple(earlier))
    back = credit_line(creditable, _amount_of(line, one))
    share = Fraction(back.amount_minor, line.amount_minor)
    told = [
        {**tax, "amount": amount, "taxable": round_fraction(tax["taxable"] * share, HALF_UP)}
        for tax, amount in zip(line.taxes, back.tax_minor, strict=True)
    ]
    return ReckonedNoteLine(line, one.description or line.description, back, told)


def _amount_of(line: InvoiceLine, one: Credited) -> int:
    if one.amount_minor is not None:
        return one.amount_minor
    whole = Fraction(line.quantity) if line.quantity else Fraction(1)
    return round_fraction(Fraction(line.amount_minor) * (one.quantity or 0) / whole, HALF_UP)


def _tax_of(tax: dict[str, Any], currency: str) -> TaxAmount:
    rate = Rate(
        key=tax["rate"],
        percentage=Fraction(tax["percentage"]),
        inclusive=tax["inclusive"],
        jurisdiction=tax["jurisdiction"],
        taxability=Taxability(tax["taxability_reason"]),
    )
    return TaxAmount(rate, Money(tax["taxable"], currency), Money(tax["amount"], currency))


def _earlier_notes(invoice: Invoice) -> dict[UUID, list[NoteLine]]:
    rows = CreditNoteLine.objects.for_merchant(invoice.merchant_id).filter(
        credit_note__invoice_id=invoice.id,
        credit_note__status=CreditNoteStatus.ISSUED,
        invoice_line__isnull=False,
    )
    found: dict[UUID, list[NoteLine]] = {}
    for row in rows.order_by("id"):
        assert row.invoice_line_id is not None, "asked for"
        note = NoteLine(row.amount_minor, row.discount_minor, tuple(tax["amount"] for tax in row.taxes))
        found.setdefault(row.invoice_line_id, []).append(note)
    return found
