"""Create a tax rate."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import UUID

from foundation.tenancy.queries import get_merchant
from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.models import TaxRate
from subscriptions.queries.catalogue import list_tax_rates
from subscriptions.shapes import tax_rate_shape
from subscriptions.steps.announce import announce


@owns_transaction
def create_tax_rate(
    *,
    merchant_id: UUID,
    tax_rate_id: UUID,
    display_name: str,
    percentage: Decimal,
    inclusive: bool,
    may_exist: bool = False,
    **fields: Any,
) -> TaxRate:
    """percentage: 20 is a fifth, up to four decimals. fields: by model name.

    Raises ResourceMissing (merchant).
    Writes: the rate, tax_rate.created.
    Safe to repeat: with may_exist the same tax_rate_id finds the first one.
    """
    if may_exist:
        existing = list_tax_rates(merchant_id=merchant_id).filter(pk=tax_rate_id).first()
        if existing is not None:
            return existing
    merchant = get_merchant(merchant_id)
    rate = TaxRate(
        id=tax_rate_id,
        merchant=merchant,
        display_name=display_name,
        percentage=percentage,
        inclusive=inclusive,
        **fields,
    )
    rate.save(force_insert=True)
    announce(rate, events.TAX_RATE_CREATED, tax_rate_shape(rate, livemode=merchant.livemode))
    return rate
