"""What a preview needs beside its lines: the debits that it gives back, and what discounts and rates are called."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from foundation.ids import PublicIdInvalid, decode_id
from subscriptions.models import Discount, InvoiceItem, InvoiceLine, TaxRate
from subscriptions.queries.catalogue import list_tax_rates


def read_debits(
    *, merchant_id: UUID, line_ids: Sequence[UUID | None], item_ids: Sequence[UUID | None]
) -> dict[UUID | None, InvoiceLine | InvoiceItem]:
    """By id; lines with their invoices."""
    lines = [one for one in line_ids if one is not None]
    items = [one for one in item_ids if one is not None]
    found: dict[UUID | None, InvoiceLine | InvoiceItem] = {}
    if lines:
        rows = InvoiceLine.objects.for_merchant(merchant_id).select_related("invoice")
        found |= {line.id: line for line in rows.filter(pk__in=lines)}
    if items:
        found |= {
            item.id: item for item in InvoiceItem.objects.for_merchant(merchant_id).filter(pk__in=items)
        }
    return found


def discount_names(discounts: Sequence[Discount]) -> dict[str, str]:
    """By id as text: the coupon's name, else its id."""
    return {str(one.id): one.coupon.name or one.coupon.shown_id for one in discounts}


def rate_names(public_ids: Sequence[str], *, merchant_id: UUID) -> dict[str, str]:
    """By public id; a provider's own key of a rate is its own name."""
    wanted = []
    for text in set(public_ids):
        try:
            wanted.append(decode_id(TaxRate.public_prefix, text))
        except PublicIdInvalid:
            continue
    if not wanted:
        return {}
    rows = list_tax_rates(merchant_id=merchant_id).filter(pk__in=wanted)
    return {rate.public_id: rate.display_name for rate in rows}
