"""Change a tax rate's words and whether it is offered; its percentage never changes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.locks import lock_tax_rate
from subscriptions.models import TaxRate
from subscriptions.shapes import tax_rate_shape
from subscriptions.steps.announce import announce


@owns_transaction
def update_tax_rate(*, merchant_id: UUID, tax_rate_id: UUID, **fields: Any) -> TaxRate:
    """fields: by model name. Raises: ResourceMissing. Writes: the rate, tax_rate.updated. Safe to repeat."""
    rate = lock_tax_rate(merchant_id=merchant_id, tax_rate_id=tax_rate_id)
    for name, value in fields.items():
        setattr(rate, name, value)
    rate.save()
    announce(rate, events.TAX_RATE_UPDATED, tax_rate_shape(rate, livemode=rate.merchant.livemode))
    return rate
