"""An invoice as the document that its customer gets: one reading for the page and for the PDF.

Who sold to whom is what was kept when it was finalized; dates are in UTC, so that the document is the same for
everybody and for ever. What was paid or credited since is read as it stands.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

from foundation.backoffice.display import readable
from foundation.money import Money
from subscriptions.models import Invoice, InvoiceLine, InvoiceStatus
from subscriptions.queries.invoices import list_lines

STATUS_WORDS = {
    InvoiceStatus.OPEN: "To be paid",
    InvoiceStatus.PAID: "Paid",
    InvoiceStatus.VOID: "Void",
    InvoiceStatus.UNCOLLECTIBLE: "To be paid",
}


@dataclass(frozen=True, slots=True)
class DocumentLine:
    description: str
    period: str
    quantity: str
    amount: str
    discount: str


@dataclass(frozen=True, slots=True)
class Document:
    """All words and amounts are ready to be written out. totals: (label, amount, is_strong)."""

    number: str
    status: str
    is_void: bool
    facts: list[tuple[str, str]]
    seller: list[str]
    customer: list[str]
    lines: list[DocumentLine]
    totals: list[tuple[str, str, bool]]
    notes: list[str]


def read_document(invoice: Invoice) -> Document:
    """Of a finalized invoice."""
    return Document(
        number=invoice.number,
        status=STATUS_WORDS.get(InvoiceStatus(invoice.status), ""),
        is_void=invoice.status == InvoiceStatus.VOID,
        facts=_facts(invoice),
        seller=_party(invoice.seller_snapshot or {}),
        customer=_party(invoice.customer_snapshot or {}),
        lines=[_line(line) for line in list_lines(invoice)],
        totals=_totals(invoice),
        notes=[text for text in (invoice.description, invoice.footer, _reverse_charge(invoice)) if text],
    )


def _facts(invoice: Invoice) -> list[tuple[str, str]]:
    facts = [("Number", invoice.number), ("Date", day(invoice.finalized_at))]
    facts.append(("Period", span(invoice.period_start_at, invoice.period_end_at)))
    if invoice.due_at:
        facts.append(("Due by", day(invoice.due_at)))
    if invoice.paid_at:
        facts.append(("Paid on", day(invoice.paid_at)))
    return facts


def _party(snapshot: dict[str, Any]) -> list[str]:
    address = snapshot.get("address") or {}
    place = " ".join(str(address[key]) for key in ("postal_code", "city") if address.get(key))
    country = address.get("country") or snapshot.get("country")
    vat = snapshot.get("vat_id")
    parts = [
        snapshot.get("name"),
        address.get("line1"),
        address.get("line2"),
        place,
        address.get("state"),
        country,
        snapshot.get("email"),
        f"VAT {vat}" if vat else None,
    ]
    return [str(part) for part in parts if part]


def _line(line: InvoiceLine) -> DocumentLine:
    discount = Money(line.discount_minor, line.currency)
    return DocumentLine(
        description=line.description,
        period=span(line.period_start_at, line.period_end_at),
        quantity="" if line.quantity is None else f"{Decimal(line.quantity).normalize():f}",
        amount=signed(line.amount),
        discount="" if discount.is_zero else f"Discount {signed(-discount)}",
    )


def _totals(invoice: Invoice) -> list[tuple[str, str, bool]]:
    def money(minor: int) -> Money:
        return Money(minor, invoice.currency)

    rows = [("Subtotal", signed(money(invoice.subtotal_minor)), False)]
    if invoice.discount_minor:
        rows.append(("Discounts", signed(money(-invoice.discount_minor)), False))
    rows += [
        (_tax_words(tax), signed(money(tax["amount"])), False)
        for tax in (invoice.tax_snapshot or {}).values()
    ]
    rows.append(("Total", signed(invoice.total), True))
    used = invoice.amount_due_minor - invoice.total_minor
    if used:
        rows.append(("Account balance", signed(money(used)), False))
        rows.append(("Amount due", signed(invoice.amount_due), True))
    credited = invoice.credited_before_payment_minor
    if credited:
        rows.append(("Credited", signed(money(-credited)), False))
    if invoice.amount_paid_minor:
        rows.append(("Paid", signed(money(-invoice.amount_paid_minor)), False))
    if invoice.status != InvoiceStatus.VOID:
        rows.append(("Still to be paid", signed(invoice.amount_remaining), True))
    after = invoice.credited_after_payment_minor
    if after:
        rows.append(("Credited after payment", signed(money(after)), False))
    return rows


def _tax_words(tax: dict[str, Any]) -> str:
    share = Fraction(tax["percentage"])
    percentage = f"{(Decimal(share.numerator) / Decimal(share.denominator)).normalize():f}"
    contained = ", contained in the amounts" if tax["inclusive"] else ""
    where = f" {tax['jurisdiction']}" if tax.get("jurisdiction") else ""
    return f"Tax{where} {percentage} %{contained}"


def _reverse_charge(invoice: Invoice) -> str:
    reasons = {tax.get("taxability_reason") for tax in (invoice.tax_snapshot or {}).values()}
    return "Reverse charge: the customer owes the tax." if "reverse_charge" in reasons else ""


def day(moment: datetime | None) -> str:
    """ "20 Nov 2026", in UTC."""
    return "" if moment is None else f"{moment.astimezone(UTC):%-d %b %Y}"


def span(start: datetime, end: datetime) -> str:
    return day(start) if start == end else f"{day(start)} – {day(end)}"


def signed(money: Money) -> str:
    return readable(money) if money.amount_minor >= 0 else f"−{readable(-money)}"
