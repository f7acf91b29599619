"""A draft that is made of items by hand: reckoned from them, and again whenever one comes or goes."""

from __future__ import annotations

from collections.abc import Sequence

from foundation.transactions import joins_transaction
from subscriptions.models import Invoice, InvoiceItem, InvoiceLine
from subscriptions.periods import Period
from subscriptions.queries.catalogue import read_tax_rates
from subscriptions.steps.billing_rows import billing_customer_of, billing_settings_of
from subscriptions.steps.reckon_invoice import NewLine, ReckonedInvoice, reckon_invoice
from subscriptions.steps.write_invoice import tax_facts_of, write_lines


@joins_transaction
def reckon_items(invoice: Invoice, items: Sequence[InvoiceItem]) -> ReckonedInvoice:
    """The items as lines of the invoice; its merchant and customer are loaded."""
    lines = [_line_of(item) for item in items]
    rates = read_tax_rates(merchant_id=invoice.merchant_id, texts=[line.tax_rate_ids for line in lines])
    return reckon_invoice(
        lines,
        currency=invoice.currency,
        discounts=[],
        rates=rates,
        facts=tax_facts_of(
            invoice,
            settings=billing_settings_of(invoice.merchant_id),
            billing_customer=billing_customer_of(
                merchant_id=invoice.merchant_id, customer_id=invoice.customer_id
            ),
        ),
        at=invoice.period_end_at,
    )


@joins_transaction
def rewrite_draft(invoice: Invoice, items: Sequence[InvoiceItem]) -> None:
    """The draft is locked or new. items: all that it is made of. Writes its lines, its amounts and the items."""
    InvoiceLine.objects.for_merchant(invoice.merchant_id).filter(invoice_id=invoice.id).delete()
    reckoned = reckon_items(invoice, items)
    invoice.subtotal_minor = reckoned.subtotal_minor
    invoice.discount_minor = reckoned.discount_minor
    invoice.tax_minor = reckoned.tax_minor
    invoice.inclusive_tax_minor = reckoned.inclusive_tax_minor
    invoice.total_minor = reckoned.total_minor
    invoice.tax_status = reckoned.tax_status
    invoice.amount_due_minor = max(reckoned.total_minor, 0)
    invoice.save()
    write_lines(invoice, reckoned)


@joins_transaction
def items_on(invoice: Invoice) -> list[InvoiceItem]:
    rows = InvoiceItem.objects.for_merchant(invoice.merchant_id).select_related("price__product")
    return list(rows.filter(invoice_id=invoice.id).order_by("id"))


def _line_of(item: InvoiceItem) -> NewLine:
    return NewLine(
        amount=item.amount,
        period=Period(item.period_start_at, item.period_end_at),
        description=item.description,
        price=item.price,
        quantity=item.quantity,
        is_proration=item.is_proration,
        is_discountable=item.is_discountable,
        tax_rate_ids=tuple(item.tax_rate_ids),
        invoice_item=item,
        reverses_line_id=item.reverses_line_id,
        reverses_item_id=item.reverses_item_id,
    )
