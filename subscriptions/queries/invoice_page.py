"""Everything an invoice's page shows, read in a fixed number of queries however long the invoice is."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from foundation.events.queries import list_events
from foundation.ids import PublicIdInvalid, decode_id
from ledger.queries.entries import Entry, list_entries_of_source
from subscriptions.models import (
    CreditNote,
    CustomerBalanceTransaction,
    Discount,
    DisputedPayment,
    DunningRun,
    Invoice,
    InvoiceLine,
    InvoicePayment,
    RevenueSchedule,
    TaxRate,
)

MOST_ROWS = 200
"""Of each kind; lines beyond them are on the invoice's PDF."""


@dataclass
class InvoicePage:
    """An invoice with all that belongs to it. credits: by the line that they give back a part of. deferred: by the
    line whose revenue is earned over time. disputed: newest first.
    """

    invoice: Invoice
    lines: list[InvoiceLine]
    payments: list[InvoicePayment]
    credit_notes: list[CreditNote]
    balance: list[CustomerBalanceTransaction]
    runs: list[DunningRun]
    entries: list[Entry]
    events: list[Any]
    changes: list[Any]
    discount_names: dict[str, str] = field(default_factory=dict)
    rate_names: dict[str, str] = field(default_factory=dict)
    credits: dict[UUID, list[InvoiceLine]] = field(default_factory=dict)
    deferred: dict[UUID, RevenueSchedule] = field(default_factory=dict)
    disputed: list[DisputedPayment] = field(default_factory=list)


def read_invoice_page(invoice: Invoice) -> InvoicePage:
    """The page of an invoice whose row is at hand; reads within its merchant only."""
    merchant_id = invoice.merchant_id
    lines = list_explained_lines(invoice)
    payments = InvoicePayment.objects.for_merchant(merchant_id).filter(invoice_id=invoice.id)
    notes = CreditNote.objects.for_merchant(merchant_id).filter(invoice_id=invoice.id)
    balance = CustomerBalanceTransaction.objects.for_merchant(merchant_id).filter(invoice_id=invoice.id)
    runs = DunningRun.objects.for_merchant(merchant_id).filter(invoice_id=invoice.id)
    discounts, rates = names_on(lines, merchant_id=merchant_id)
    changes = Invoice.history.filter(id=invoice.id, merchant_id=merchant_id).select_related("history_user")
    return InvoicePage(
        invoice=invoice,
        lines=lines,
        payments=list(payments.order_by("-ordinal")[:MOST_ROWS]),
        credit_notes=list(notes.order_by("-id")[:MOST_ROWS]),
        balance=list(balance.order_by("id")[:MOST_ROWS]),
        runs=list(runs.select_related("policy").prefetch_related("tries").order_by("-id")[:MOST_ROWS]),
        entries=list_entries_of_source(merchant_id, "invoice", invoice.id, limit=MOST_ROWS),
        events=list(list_events(merchant_id).filter(object_id=invoice.id).defer("data")[:MOST_ROWS]),
        changes=list(changes[:MOST_ROWS]),
        discount_names=discounts,
        rate_names=rates,
        credits=_credits_of(lines, merchant_id=merchant_id),
        deferred=_deferred_of(invoice),
        disputed=list(
            DisputedPayment.objects.for_merchant(merchant_id)
            .filter(invoice_id=invoice.id)
            .order_by("-id")[:MOST_ROWS]
        ),
    )


def list_explained_lines(invoice: Invoice) -> list[InvoiceLine]:
    """With price, product and the debit that each gives back a part of."""
    rows = InvoiceLine.objects.for_merchant(invoice.merchant_id).filter(invoice_id=invoice.id)
    return list(rows.select_related("price__product", "reverses__invoice").order_by("ordinal")[:MOST_ROWS])


def names_on(lines: list[InvoiceLine], *, merchant_id: UUID) -> tuple[dict[str, str], dict[str, str]]:
    """What the discounts and the tax rates of lines are called, by the public ids that lines keep."""
    discounts = _rows_named(
        Discount, {one["discount"] for line in lines for one in line.discounts}, merchant_id
    )
    rates = _rows_named(TaxRate, {tax["rate"] for line in lines for tax in line.taxes}, merchant_id)
    return (
        {row.public_id: row.coupon.name or row.coupon.shown_id for row in discounts},
        {row.public_id: row.display_name for row in rates},
    )


def _rows_named(model: Any, public_ids: set[str], merchant_id: UUID) -> list[Any]:
    wanted = []
    for text in public_ids:
        try:
            wanted.append(decode_id(model.public_prefix, text))
        except PublicIdInvalid:
            # A provider's own key of a rate: it is its own name.
            continue
    if not wanted:
        return []
    rows = model.objects.for_merchant(merchant_id).filter(pk__in=wanted)
    return list(rows.select_related("coupon") if model is Discount else rows)


def _credits_of(lines: list[InvoiceLine], *, merchant_id: UUID) -> dict[UUID, list[InvoiceLine]]:
    rows = InvoiceLine.objects.for_merchant(merchant_id).select_related("invoice")
    found: dict[UUID, list[InvoiceLine]] = {}
    for row in rows.filter(reverses_id__in=[line.id for line in lines]).order_by("id")[:MOST_ROWS]:
        assert row.reverses_id is not None, "it was asked for by what it reverses"
        found.setdefault(row.reverses_id, []).append(row)
    return found


def _deferred_of(invoice: Invoice) -> dict[UUID, RevenueSchedule]:
    """With their recognitions, by line."""
    rows = RevenueSchedule.objects.for_merchant(invoice.merchant_id).filter(invoice_id=invoice.id)
    found = rows.prefetch_related("recognitions").order_by("id")[:MOST_ROWS]
    return {schedule.invoice_line_id: schedule for schedule in found}
