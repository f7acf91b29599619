"""Reading invoices, their lines and payments, and customers' balances."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import QuerySet

from foundation.errors import ResourceMissing
from foundation.ids import encode_id
from foundation.money import Money
from subscriptions.models import (
    CreditNote,
    CreditNoteLine,
    CustomerBalanceTransaction,
    Invoice,
    InvoiceItem,
    InvoiceLine,
    InvoicePayment,
    InvoicePaymentStatus,
)


def list_invoices(*, merchant_id: UUID) -> QuerySet[Invoice]:
    return Invoice.objects.for_merchant(merchant_id).select_related("merchant")


def find_invoice(*, merchant_id: UUID, invoice_id: UUID) -> Invoice | None:
    return list_invoices(merchant_id=merchant_id).filter(pk=invoice_id).first()


def get_invoice(*, merchant_id: UUID, invoice_id: UUID) -> Invoice:
    """With its merchant, customer and subscription. Raises ResourceMissing, also for another merchant's."""
    rows = list_invoices(merchant_id=merchant_id).select_related("customer", "subscription")
    invoice = rows.filter(pk=invoice_id).first()
    if invoice is None:
        raise ResourceMissing(f"No such invoice: '{encode_id('in', invoice_id)}'", param="invoice")
    return invoice


def list_lines(invoice: Invoice) -> list[InvoiceLine]:
    rows = InvoiceLine.objects.for_merchant(invoice.merchant_id).select_related("price", "reverses")
    return list(rows.filter(invoice_id=invoice.id).order_by("ordinal"))


def list_taxed_lines(invoice: Invoice) -> list[InvoiceLine]:
    """As list_lines, with the products that say what kind of sale it was."""
    rows = InvoiceLine.objects.for_merchant(invoice.merchant_id).select_related("price__product", "reverses")
    return list(rows.filter(invoice_id=invoice.id).order_by("ordinal"))


def list_line_rows(invoice: Invoice) -> QuerySet[InvoiceLine]:
    """As list_lines, as rows to be paged."""
    return (
        InvoiceLine.objects.for_merchant(invoice.merchant_id)
        .filter(invoice_id=invoice.id)
        .select_related("price", "reverses")
    )


def find_open_payment(invoice: Invoice) -> InvoicePayment | None:
    """The try that is under way; the database allows one."""
    rows = InvoicePayment.objects.for_merchant(invoice.merchant_id)
    return rows.filter(invoice_id=invoice.id, status=InvoicePaymentStatus.OPEN).first()


def find_payment_of_intent(*, merchant_id: UUID, payment_intent_id: UUID) -> InvoicePayment | None:
    """A try and its payment intent have one id."""
    rows = InvoicePayment.objects.for_merchant(merchant_id).select_related("invoice")
    return rows.filter(pk=payment_intent_id).first()


def find_latest_payment(invoice: Invoice) -> InvoicePayment | None:
    rows = InvoicePayment.objects.for_merchant(invoice.merchant_id).filter(invoice_id=invoice.id)
    return rows.order_by("-ordinal").first()


def read_balance(*, merchant_id: UUID, customer_id: UUID, currency: str) -> tuple[Money, int]:
    """(balance, ordinal of its last movement); to act on it, read it under the billing customer's lock."""
    rows = CustomerBalanceTransaction.objects.for_merchant(merchant_id)
    last = rows.filter(customer_id=customer_id, currency=currency).order_by("-ordinal").first()
    if last is None:
        return Money.zero(currency), 0
    return Money(last.ending_balance_minor, currency), last.ordinal


def list_invoice_items(*, merchant_id: UUID) -> QuerySet[InvoiceItem]:
    rows = InvoiceItem.objects.for_merchant(merchant_id).filter(deleted_at__isnull=True)
    return rows.select_related("merchant", "price")


def find_invoice_item(*, merchant_id: UUID, invoice_item_id: UUID) -> InvoiceItem | None:
    return list_invoice_items(merchant_id=merchant_id).filter(pk=invoice_item_id).first()


def get_invoice_item(*, merchant_id: UUID, invoice_item_id: UUID) -> InvoiceItem:
    """Raises ResourceMissing, also for one that was deleted."""
    item = find_invoice_item(merchant_id=merchant_id, invoice_item_id=invoice_item_id)
    if item is None:
        raise ResourceMissing(
            f"No such invoiceitem: '{encode_id('ii', invoice_item_id)}'", param="invoiceitem"
        )
    return item


def list_credit_notes(*, merchant_id: UUID) -> QuerySet[CreditNote]:
    return CreditNote.objects.for_merchant(merchant_id).select_related("merchant", "invoice")


def get_credit_note(*, merchant_id: UUID, credit_note_id: UUID) -> CreditNote:
    """Raises ResourceMissing."""
    note = list_credit_notes(merchant_id=merchant_id).filter(pk=credit_note_id).first()
    if note is None:
        raise ResourceMissing(
            f"No such credit note: '{encode_id('cn', credit_note_id)}'", param="credit_note"
        )
    return note


def list_note_lines(note: CreditNote) -> list[CreditNoteLine]:
    rows = CreditNoteLine.objects.for_merchant(note.merchant_id).filter(credit_note_id=note.id)
    return list(rows.order_by("ordinal"))


def list_balance_transactions(
    *, merchant_id: UUID, customer_id: UUID
) -> QuerySet[CustomerBalanceTransaction]:
    return CustomerBalanceTransaction.objects.for_merchant(merchant_id).filter(customer_id=customer_id)


def plan_refunds(invoice: Invoice) -> tuple[dict[UUID, UUID], dict[UUID, int]]:
    """(payment intent by credit note, minor units left by payment intent) of what was charged for an invoice.

    A note's refund goes to one charge: the one that it was sent to, else the one with most left of it.
    """
    paid = InvoicePayment.objects.for_merchant(invoice.merchant_id).filter(
        invoice_id=invoice.id, status=InvoicePaymentStatus.PAID, payment_intent__isnull=False
    )
    left = {row.id: row.amount_minor for row in paid.order_by("-amount_minor", "-ordinal")}
    chosen: dict[UUID, UUID] = {}
    notes = CreditNote.objects.for_merchant(invoice.merchant_id).select_related("refund")
    for note in notes.filter(invoice_id=invoice.id, refund_minor__gt=0).order_by("id"):
        sent = note.refund.payment_intent_id if note.refund is not None else None
        intent_id = sent or max(left, key=lambda one: left[one], default=None)
        if intent_id is not None:
            chosen[note.id] = intent_id
            left[intent_id] = left.get(intent_id, 0) - note.refund_minor
    return chosen, left


def list_note_line_rows(note: CreditNote) -> QuerySet[CreditNoteLine]:
    """As list_note_lines, as rows to be paged."""
    return CreditNoteLine.objects.for_merchant(note.merchant_id).filter(credit_note_id=note.id)


def read_client_secrets(*, merchant_id: UUID, invoice_ids: Sequence[UUID]) -> dict[str, str]:
    """By the invoice's public id: the secret of the payment that its customer can complete; open invoices only."""
    rows = InvoicePayment.objects.for_merchant(merchant_id).filter(
        invoice_id__in=invoice_ids, status=InvoicePaymentStatus.OPEN, payment_intent__isnull=False
    )
    return {
        encode_id("in", row.invoice_id): row.payment_intent.client_secret
        for row in rows.select_related("payment_intent")
        if row.payment_intent is not None
    }
