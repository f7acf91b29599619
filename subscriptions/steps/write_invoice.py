"""Write a reckoned invoice as a draft, with its lines; pending items that are on it wait no longer."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from foundation import clock
from foundation.context import current
from foundation.transactions import joins_transaction
from subscriptions import events
from subscriptions.models import (
    BillingCustomer,
    BillingSettings,
    CollectionMethod,
    Discount,
    Invoice,
    InvoiceItem,
    InvoiceLine,
    InvoiceReason,
    Subscription,
    TaxSource,
)
from subscriptions.periods import Period
from subscriptions.queries.tax_answers import read_answers
from subscriptions.steps.announce import announce_invoice
from subscriptions.steps.reckon_invoice import NewLine, ReckonedInvoice, ReckonedLine, TaxFacts
from subscriptions.taxes import TaxAmount, TaxRounding


def tax_facts_of(
    billed: Subscription | Invoice, *, settings: BillingSettings, billing_customer: BillingCustomer
) -> TaxFacts:
    """What decides the tax on an invoice; the merchant and the customer of what is billed are loaded."""
    address: dict[str, Any] = billed.customer.address or {}
    return TaxFacts(
        seller_country=billed.merchant.country,
        customer_country=address.get("country") or "",
        customer_state=address.get("state") or "",
        customer_postal_code=address.get("postal_code") or "",
        exempt=billed.customer.tax_exempt,
        vat_id=billing_customer.vat_id,
        rounding=TaxRounding(settings.tax_rounding),
        answers=(
            read_answers(
                merchant_id=settings.merchant_id, country=address.get("country") or "", now=clock.now()
            )
            if settings.tax_source == TaxSource.REMOTE
            else None
        ),
    )


@joins_transaction
def write_subscription_invoice(
    subscription: Subscription,
    reckoned: ReckonedInvoice,
    *,
    reason: InvoiceReason,
    period: Period,
    now: datetime,
    auto_advance: bool = True,
    finalizes_at: datetime | None = None,
    invoice_id: UUID | None = None,
) -> Invoice:
    """Writes the invoice, its lines, invoice.created. The subscription names it as its latest; the caller saves that.

    finalizes_at: None when the caller finalizes it in this transaction. invoice_id: None for a new one.
    """
    invoice = draft_of(
        subscription,
        reckoned,
        reason=reason,
        period=period,
        now=now,
        auto_advance=auto_advance,
        finalizes_at=finalizes_at,
    )
    if invoice_id is not None:
        invoice.id = invoice_id
    invoice.save(force_insert=True)
    write_lines(invoice, reckoned)
    subscription.latest_invoice = invoice
    announce_invoice(invoice, events.INVOICE_CREATED)
    return invoice


def draft_of(
    subscription: Subscription,
    reckoned: ReckonedInvoice,
    *,
    reason: InvoiceReason,
    period: Period,
    now: datetime,
    auto_advance: bool = True,
    finalizes_at: datetime | None = None,
) -> Invoice:
    """The invoice's row, not saved."""
    is_charged = subscription.collection_method == CollectionMethod.CHARGE_AUTOMATICALLY
    return Invoice(
        merchant=subscription.merchant,
        customer=subscription.customer,
        subscription=subscription,
        reason=reason,
        currency=subscription.currency,
        period_start_at=period.start,
        period_end_at=period.end,
        subtotal_minor=reckoned.subtotal_minor,
        discount_minor=reckoned.discount_minor,
        tax_minor=reckoned.tax_minor,
        inclusive_tax_minor=reckoned.inclusive_tax_minor,
        total_minor=reckoned.total_minor,
        tax_status=reckoned.tax_status,
        amount_due_minor=max(reckoned.total_minor, 0),
        collection_method=subscription.collection_method,
        auto_advance=auto_advance,
        finalizes_at=finalizes_at if auto_advance else None,
        next_payment_attempt_at=finalizes_at if auto_advance and is_charged else None,
        created_at=now,
        request_id=current().request_id,
        trace_id=current().trace_id,
    )


@joins_transaction
def note_discounts_used(reckoned: ReckonedInvoice, discounts: list[Discount]) -> None:
    """Count the invoice on every discount that it had: a discount of one time is used up by it."""
    used = {one.discount_id for line in reckoned.lines for one in line.discounts}
    for discount in discounts:
        if discount.id in used:
            discount.times_used += 1
            discount.save(update_fields=["times_used"])


@joins_transaction
def write_lines(invoice: Invoice, reckoned: ReckonedInvoice) -> None:
    """The lines of a draft that has none; items on them wait no longer."""
    write_rows(line_rows(invoice, reckoned))


@joins_transaction
def write_rows(rows: Sequence[InvoiceLine]) -> None:
    """As write_lines, of any number of drafts of one merchant, in two statements."""
    InvoiceLine.across_merchants.bulk_create(rows)
    settled: list[InvoiceItem] = []
    for row in rows:
        if row.invoice_item is not None:
            row.invoice_item.invoice = row.invoice
            settled.append(row.invoice_item)
    if settled:
        items = InvoiceItem.objects.for_merchant(settled[0].merchant_id)
        items.bulk_update(settled, ["invoice"])


def line_rows(invoice: Invoice, reckoned: ReckonedInvoice) -> list[InvoiceLine]:
    """Not saved."""
    rows: list[InvoiceLine] = []
    beside: dict[UUID, InvoiceLine] = {}
    for ordinal, line in enumerate(reckoned.lines, start=1):
        row = line_row(invoice, ordinal, line, beside)
        if line.new.invoice_item is not None:
            beside[line.new.invoice_item.id] = row
        rows.append(row)
    return rows


def line_row(
    invoice: Invoice, ordinal: int, line: ReckonedLine, waiting: dict[UUID, InvoiceLine]
) -> InvoiceLine:
    """Not saved. waiting: the rows of the items that stand beside this one, by the items' ids."""
    new = line.new
    reverses = new.reverses_line_id
    if new.reverses_item_id is not None:
        # The item waited beside this one, or has become a line of an earlier invoice.
        beside = waiting.get(new.reverses_item_id)
        reverses = beside.id if beside else _line_of_item(invoice.merchant_id, new.reverses_item_id)
    row = InvoiceLine(
        merchant_id=invoice.merchant_id,
        invoice=invoice,
        ordinal=ordinal,
        subscription_id=invoice.subscription_id,
        subscription_item=new.item,
        price=new.price,
        invoice_item=new.invoice_item,
        reverses_id=reverses,
        description=new.description[:500],
        amount_minor=new.amount.amount_minor,
        currency=new.amount.currency,
        quantity=new.quantity,
        unit_amount=new.price.unit_amount if new.price else None,
        is_discountable=new.is_discountable,
        is_proration=new.is_proration,
        period_start_at=new.period.start,
        period_end_at=new.period.end,
        part_units=new.part_units,
        whole_units=new.whole_units,
        tax_rate_ids=list(new.tax_rate_ids),
        discount_minor=line.discount_minor,
        tax_minor=line.tax_minor,
        inclusive_tax_minor=line.inclusive_tax_minor,
        discounts=[
            {"discount": Discount(id=one.discount_id).public_id, "amount": one.amount.amount_minor}
            for one in line.discounts
        ],
        taxes=[tax_entry(tax) for tax in line.taxes],
    )
    note_ruler(row, new)
    if new.invoice_item is not None:
        row.cut_at, row.credited_minor = new.invoice_item.cut_at, new.invoice_item.credited_minor
    return row


def note_ruler(row: InvoiceLine | InvoiceItem, new: NewLine) -> None:
    """Keep what a line was measured with, so that it can be given back by the same measure."""
    if new.ruler is not None:
        row.natural_start_at, row.natural_end_at = new.ruler.period.start, new.ruler.period.end
        row.basis, row.basis_months = new.ruler.basis, new.ruler.months
        row.timezone = new.ruler.zone


def tax_entry(tax: TaxAmount) -> dict[str, Any]:
    return {
        "rate": tax.rate.key,
        "amount": tax.amount.amount_minor,
        "taxable": tax.taxable.amount_minor,
        "inclusive": tax.rate.inclusive,
        "percentage": str(tax.rate.percentage),
        "jurisdiction": tax.rate.jurisdiction,
        "taxability_reason": tax.rate.taxability,
    }


def _line_of_item(merchant_id: UUID, item_id: UUID) -> UUID | None:
    rows = InvoiceLine.objects.for_merchant(merchant_id).filter(invoice_item_id=item_id)
    return rows.values_list("id", flat=True).first()
