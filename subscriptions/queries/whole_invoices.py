"""Finalized invoices whose figures are not the sums of their own lines, payments and credit notes."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from django.db import connection

# Each side is summed once for all invoices and joined: one pass over each table, however many invoices there are.
_UNEQUAL = """
WITH chosen AS (
    SELECT * FROM subscriptions_invoice
    WHERE number <> '' AND (%(merchant)s::uuid IS NULL OR merchant_id = %(merchant)s)
), lines AS (
    SELECT invoice_id, sum(amount_minor) AS subtotal, sum(discount_minor) AS discount, sum(tax_minor) AS tax,
        sum(inclusive_tax_minor) AS inclusive_tax
    FROM subscriptions_invoiceline GROUP BY invoice_id
), paid AS (
    SELECT invoice_id, sum(applied_minor) AS applied FROM subscriptions_invoicepayment
    WHERE status = 'paid' GROUP BY invoice_id
), disputed AS (
    SELECT invoice_id, sum(amount_minor) AS amount FROM subscriptions_disputedpayment
    WHERE status IN ('claimed', 'lost') GROUP BY invoice_id
), credited AS (
    SELECT invoice_id, sum(pre_payment_minor) AS before, sum(total_minor - pre_payment_minor) AS after
    FROM subscriptions_creditnote WHERE status = 'issued' GROUP BY invoice_id
), compared AS (
    SELECT chosen.merchant_id, chosen.id, side.what, side.expected, side.found
    FROM chosen
    LEFT JOIN lines ON lines.invoice_id = chosen.id
    LEFT JOIN paid ON paid.invoice_id = chosen.id
    LEFT JOIN disputed ON disputed.invoice_id = chosen.id
    LEFT JOIN credited ON credited.invoice_id = chosen.id
    CROSS JOIN LATERAL (VALUES
        ('subtotal', coalesce(lines.subtotal, 0), chosen.subtotal_minor),
        ('discount', coalesce(lines.discount, 0), chosen.discount_minor),
        ('tax', coalesce(lines.tax, 0), chosen.tax_minor),
        ('inclusive tax', coalesce(lines.inclusive_tax, 0), chosen.inclusive_tax_minor),
        ('paid', coalesce(paid.applied, 0) - coalesce(disputed.amount, 0), chosen.amount_paid_minor),
        ('credited before', coalesce(credited.before, 0), chosen.credited_before_payment_minor),
        ('credited after', coalesce(credited.after, 0), chosen.credited_after_payment_minor)
    ) AS side (what, expected, found)
)
SELECT merchant_id, id, what, expected, found FROM compared
WHERE expected <> found ORDER BY merchant_id, id, what LIMIT %(limit)s
"""


@dataclass(frozen=True, slots=True)
class UnequalInvoice:
    """expected: what its rows come to. found: what stands on the invoice. In minor units."""

    merchant_id: UUID
    invoice_id: UUID
    what: str
    expected: int
    found: int


def list_unequal_invoices(merchant_id: UUID | None, *, limit: int) -> list[UnequalInvoice]:
    """Of one merchant, or of every; reads all invoices: for the proof, not for pages."""
    with connection.cursor() as cursor:
        cursor.execute(_UNEQUAL, {"merchant": merchant_id, "limit": limit})
        return [UnequalInvoice(*row) for row in cursor.fetchall()]
