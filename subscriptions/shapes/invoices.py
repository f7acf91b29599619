"""Invoices and their lines as the API shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from foundation.clock import to_timestamp
from foundation.ids import encode_id
from subscriptions.models import CollectionMethod, Invoice, InvoiceLine
from subscriptions.shapes.hosted_links import hosted_invoice_url, invoice_pdf_url
from subscriptions.shapes.values import decimal_text, embedded_list, public, seconds

LINES_SHOWN = 10
"""How many lines an invoice carries; the others are on its list of lines."""


def invoice_shape(invoice: Invoice, lines: Sequence[InvoiceLine], *, livemode: bool) -> dict[str, Any]:
    """lines: all of them, with their prices."""
    return {
        "id": invoice.public_id,
        "object": "invoice",
        **_amounts(invoice, lines),
        **_parties(invoice),
        **_course(invoice),
        **_unused(),
        "billing_reason": invoice.reason,
        "created": to_timestamp(invoice.created_at),
        "currency": invoice.currency,
        "default_payment_method": public("pm", invoice.default_payment_method_id),
        "description": invoice.description or None,
        "discounts": [],
        "footer": invoice.footer or None,
        "hosted_invoice_url": hosted_invoice_url(invoice),
        "invoice_pdf": invoice_pdf_url(invoice),
        "lines": embedded_list(
            f"/v1/invoices/{invoice.public_id}/lines",
            [line_shape(line, invoice, livemode=livemode) for line in lines[:LINES_SHOWN]],
            has_more=len(lines) > LINES_SHOWN,
        )
        | {"total_count": len(lines)},
        "livemode": livemode,
        "metadata": invoice.metadata,
        "number": invoice.number or None,
        "parent": _parent(invoice),
        "payment_settings": {
            "default_mandate": None,
            "payment_method_options": None,
            "payment_method_types": None,
        },
        "period_end": to_timestamp(invoice.period_end_at),
        "period_start": to_timestamp(invoice.period_start_at),
        "statement_descriptor": invoice.statement_descriptor or None,
    }


def _parties(invoice: Invoice) -> dict[str, Any]:
    """Seller and customer as they stood when it was finalized."""
    customer, seller = invoice.customer_snapshot or {}, invoice.seller_snapshot or {}
    return {
        "account_country": seller.get("country"),
        "account_name": seller.get("name"),
        "account_tax_ids": None,
        "customer": encode_id("cus", invoice.customer_id),
        "customer_account": None,
        "customer_address": customer.get("address"),
        "customer_email": customer.get("email"),
        "customer_name": customer.get("name"),
        "customer_phone": customer.get("phone"),
        "customer_shipping": None,
        "customer_tax_exempt": customer.get("tax_exempt"),
        "customer_tax_ids": [],
        "issuer": {"type": "self"},
    }


def _course(invoice: Invoice) -> dict[str, Any]:
    """How far it has come, and what follows by itself."""
    return {
        "attempt_count": invoice.attempt_count,
        "attempted": invoice.attempt_count > 0,
        "auto_advance": invoice.auto_advance and invoice.status in ("draft", "open"),
        "automatically_finalizes_at": seconds(invoice.finalizes_at),
        "collection_method": invoice.collection_method,
        "due_date": seconds(invoice.due_at),
        "effective_at": seconds(invoice.finalized_at),
        "next_payment_attempt": _next_attempt(invoice),
        "status": invoice.status,
        "status_transitions": {
            "finalized_at": seconds(invoice.finalized_at),
            "marked_uncollectible_at": seconds(invoice.marked_uncollectible_at),
            "paid_at": seconds(invoice.paid_at),
            "voided_at": seconds(invoice.voided_at),
        },
    }


def _unused() -> dict[str, Any]:
    """Stripe's fields for what we do not have; always there, so that callers need not ask."""
    nothing = (
        "application",
        "custom_fields",
        "default_source",
        "from_invoice",
        "last_finalization_error",
        "latest_revision",
        "on_behalf_of",
        "receipt_number",
        "rendering",
        "shipping_cost",
        "shipping_details",
        "test_clock",
        "webhooks_delivered_at",
    )
    automatic_tax = {
        "disabled_reason": None,
        "enabled": False,
        "liability": None,
        "provider": None,
        "status": None,
    }
    return {**dict.fromkeys(nothing), "automatic_tax": automatic_tax, "default_tax_rates": []}


def _amounts(invoice: Invoice, lines: Sequence[InvoiceLine]) -> dict[str, Any]:
    without_tax = invoice.total_minor - invoice.tax_minor - invoice.inclusive_tax_minor
    return {
        "amount_due": invoice.amount_due_minor,
        "amount_overpaid": 0,
        "amount_paid": invoice.amount_paid_minor,
        "amount_remaining": invoice.amount_remaining.amount_minor,
        "amount_shipping": 0,
        "ending_balance": invoice.ending_balance_minor,
        "post_payment_credit_notes_amount": invoice.credited_after_payment_minor,
        "pre_payment_credit_notes_amount": invoice.credited_before_payment_minor,
        "starting_balance": invoice.starting_balance_minor,
        "subtotal": invoice.subtotal_minor,
        "subtotal_excluding_tax": without_tax + invoice.discount_minor,
        "total": invoice.total_minor,
        "total_discount_amounts": _sum_discounts(lines),
        "total_excluding_tax": without_tax,
        "total_pretax_credit_amounts": [],
        "total_taxes": _sum_taxes(lines),
    }


def _sum_discounts(lines: Sequence[InvoiceLine]) -> list[dict[str, Any]]:
    totals: dict[str, int] = {}
    for line in lines:
        for one in line.discounts:
            totals[one["discount"]] = totals.get(one["discount"], 0) + one["amount"]
    return [{"amount": amount, "discount": discount} for discount, amount in totals.items()]


def _sum_taxes(lines: Sequence[InvoiceLine]) -> list[dict[str, Any]]:
    totals: dict[tuple[str, str], dict[str, Any]] = {}
    for tax in (tax for line in lines for tax in line.taxes):
        known = totals.setdefault(
            (tax["rate"], tax["taxability_reason"]), {**tax_shape(tax), "amount": 0, "taxable_amount": 0}
        )
        known["amount"] += tax["amount"]
        known["taxable_amount"] += tax["taxable"]
    return list(totals.values())


def tax_shape(tax: dict[str, Any]) -> dict[str, Any]:
    return {
        "amount": tax["amount"],
        "tax_behavior": "inclusive" if tax["inclusive"] else "exclusive",
        "tax_rate_details": {"tax_rate": tax["rate"]},
        "taxability_reason": tax["taxability_reason"],
        "taxable_amount": tax["taxable"],
        "type": "tax_rate_details",
    }


def _parent(invoice: Invoice) -> dict[str, Any] | None:
    if invoice.subscription_id is None:
        return None
    return {
        "quote_details": None,
        "subscription_details": {
            "metadata": {},
            "subscription": encode_id("sub", invoice.subscription_id),
        },
        "type": "subscription_details",
    }


def _next_attempt(invoice: Invoice) -> int | None:
    if invoice.collection_method == CollectionMethod.SEND_INVOICE:
        return None
    return seconds(invoice.next_payment_attempt_at)


def line_shape(line: InvoiceLine, invoice: Invoice, *, livemode: bool) -> dict[str, Any]:
    return {
        "id": line.public_id,
        "object": "line_item",
        "amount": line.amount_minor,
        "currency": line.currency,
        "description": line.description or None,
        "discount_amounts": [{"amount": d["amount"], "discount": d["discount"]} for d in line.discounts],
        "discountable": line.is_discountable,
        "discounts": [],
        "invoice": invoice.public_id,
        "livemode": livemode,
        "metadata": line.metadata,
        "parent": _line_parent(line),
        "period": {"end": to_timestamp(line.period_end_at), "start": to_timestamp(line.period_start_at)},
        "pretax_credit_amounts": [],
        "pricing": _pricing(line),
        "quantity": None if line.quantity is None else int(line.quantity),
        "quantity_decimal": decimal_text(line.quantity),
        "subscription": public("sub", line.subscription_id),
        "subtotal": line.amount_minor,
        "taxes": [tax_shape(tax) for tax in line.taxes],
    }


def _line_parent(line: InvoiceLine) -> dict[str, Any] | None:
    details = {
        "invoice_item": public("ii", line.invoice_item_id),
        "proration": line.is_proration,
        "proration_details": {
            "credited_items": (
                None
                if line.reverses is None
                else {
                    "invoice": encode_id("in", line.reverses.invoice_id),
                    "invoice_line_items": [line.reverses.public_id],
                }
            )
        },
        "subscription": public("sub", line.subscription_id),
    }
    if line.invoice_item_id is not None:
        return {
            "invoice_item_details": details,
            "subscription_item_details": None,
            "type": "invoice_item_details",
        }
    if line.subscription_item_id is None:
        return None
    return {
        "invoice_item_details": None,
        "subscription_item_details": {
            **details,
            "subscription_item": encode_id("si", line.subscription_item_id),
        },
        "type": "subscription_item_details",
    }


def _pricing(line: InvoiceLine) -> dict[str, Any] | None:
    if line.price is None:
        return None
    return {
        "price_details": {"price": line.price.public_id, "product": encode_id("prod", line.price.product_id)},
        "type": "price_details",
        "unit_amount_decimal": decimal_text(line.unit_amount),
    }
