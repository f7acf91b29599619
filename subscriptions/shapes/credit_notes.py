"""Credit notes, customer balances and invoice items as the API shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from foundation.clock import to_timestamp
from foundation.ids import encode_id
from subscriptions.models import CreditNote, CreditNoteLine, CustomerBalanceTransaction, InvoiceItem
from subscriptions.shapes.invoices import tax_shape
from subscriptions.shapes.values import decimal_text, embedded_list, public, seconds

LINES_SHOWN = 10


def credit_note_shape(note: CreditNote, lines: Sequence[CreditNoteLine], *, livemode: bool) -> dict[str, Any]:
    tax = note.tax_minor + note.inclusive_tax_minor
    after = note.total_minor - note.pre_payment_minor
    shown = [note_line_shape(line, livemode=livemode) for line in lines[:LINES_SHOWN]]
    return {
        "id": note.public_id,
        "object": "credit_note",
        "amount": note.total_minor,
        "amount_shipping": 0,
        "created": to_timestamp(note.created_at),
        "currency": note.currency,
        "customer": encode_id("cus", note.customer_id),
        "customer_account": None,
        "customer_balance_transaction": None,
        "discount_amount": note.discount_minor,
        "discount_amounts": [],
        "effective_at": to_timestamp(note.created_at),
        "invoice": encode_id("in", note.invoice_id),
        "lines": embedded_list(
            f"/v1/credit_notes/{note.public_id}/lines", shown, has_more=len(lines) > LINES_SHOWN
        )
        | {"total_count": len(lines)},
        "livemode": livemode,
        "memo": note.memo or None,
        "metadata": note.metadata,
        "number": note.number,
        "out_of_band_amount": note.out_of_band_minor or None,
        "pdf": "",
        "post_payment_amount": after,
        "pre_payment_amount": note.pre_payment_minor,
        "pretax_credit_amounts": [],
        "reason": note.reason or None,
        "refunds": _refunds(note),
        "shipping_cost": None,
        "status": note.status,
        "subtotal": note.subtotal_minor,
        "subtotal_excluding_tax": note.subtotal_minor - note.inclusive_tax_minor,
        "total": note.total_minor,
        "total_excluding_tax": note.total_minor - tax,
        "total_taxes": [tax_shape(one) for line in lines for one in line.taxes],
        "type": _type(note.pre_payment_minor, after),
        "voided_at": seconds(note.voided_at),
    }


def note_line_shape(line: CreditNoteLine, *, livemode: bool) -> dict[str, Any]:
    shape = {
        "id": line.public_id,
        "object": "credit_note_line_item",
        "amount": line.amount_minor,
        "description": line.description or None,
        "discount_amount": line.discount_minor,
        "discount_amounts": [],
        "livemode": livemode,
        "metadata": {},
        "pretax_credit_amounts": [],
        "quantity": None,
        "tax_rates": [],
        "taxes": [tax_shape(tax) for tax in line.taxes],
        "type": "custom_line_item" if line.invoice_line_id is None else "invoice_line_item",
        "unit_amount": None,
        "unit_amount_decimal": None,
    }
    if line.invoice_line_id is None:
        return shape
    return {**shape, "invoice_line_item": encode_id("il", line.invoice_line_id)}


def balance_transaction_shape(moved: CustomerBalanceTransaction, *, livemode: bool) -> dict[str, Any]:
    return {
        "id": moved.public_id,
        "object": "customer_balance_transaction",
        "amount": moved.amount_minor,
        "checkout_session": None,
        "created": to_timestamp(moved.created_at),
        "credit_note": public("cn", moved.credit_note_id),
        "currency": moved.currency,
        "customer": encode_id("cus", moved.customer_id),
        "customer_account": None,
        "description": moved.description or None,
        "ending_balance": moved.ending_balance_minor,
        "invoice": public("in", moved.invoice_id),
        "livemode": livemode,
        "metadata": moved.metadata,
        "type": moved.type,
    }


def invoice_item_shape(item: InvoiceItem, *, livemode: bool) -> dict[str, Any]:
    """tax_rates: their ids, which the API replaces by the rates."""
    return {
        "id": item.public_id,
        "object": "invoiceitem",
        "amount": item.amount_minor,
        "currency": item.currency,
        "customer": encode_id("cus", item.customer_id),
        "customer_account": None,
        "date": to_timestamp(item.created_at),
        "description": item.description or None,
        "discountable": item.is_discountable,
        "discounts": [],
        "invoice": public("in", item.invoice_id),
        "livemode": livemode,
        "metadata": item.metadata,
        "parent": _item_parent(item),
        "period": {"end": to_timestamp(item.period_end_at), "start": to_timestamp(item.period_start_at)},
        "pricing": _pricing(item),
        "proration": item.is_proration,
        "quantity": int(item.quantity) if item.quantity is not None else 1,
        "quantity_decimal": decimal_text(item.quantity) or "1",
        "tax_rates": [encode_id("txr", UUID(text)) for text in item.tax_rate_ids],
        "test_clock": None,
    }


def _item_parent(item: InvoiceItem) -> dict[str, Any] | None:
    if item.subscription_id is None:
        return None
    details = {"subscription": encode_id("sub", item.subscription_id)}
    if item.subscription_item_id is not None:
        details["subscription_item"] = encode_id("si", item.subscription_item_id)
    return {"subscription_details": details, "type": "subscription_details"}


def _pricing(item: InvoiceItem) -> dict[str, Any] | None:
    if item.price is None:
        return None
    return {
        "price_details": {"price": item.price.public_id, "product": encode_id("prod", item.price.product_id)},
        "type": "price_details",
        "unit_amount_decimal": decimal_text(item.unit_amount),
    }


def _refunds(note: CreditNote) -> list[dict[str, Any]]:
    if note.refund_id is None:
        return []
    return [
        {
            "amount_refunded": note.refund_minor,
            "payment_record_refund": None,
            "refund": encode_id("re", note.refund_id),
            "type": "refund",
        }
    ]


def _type(before: int, after: int) -> str:
    if before and after:
        return "mixed"
    return "post_payment" if after else "pre_payment"
