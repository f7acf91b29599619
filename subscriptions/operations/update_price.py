"""Change what may change of a price: whether it is sold, its names. Its terms never do."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.errors import LookupKeyTaken
from subscriptions.locks import lock_price, lock_price_with_key
from subscriptions.models import Price
from subscriptions.shapes import price_shape
from subscriptions.steps.announce import announce


@owns_transaction
def update_price(
    *,
    merchant_id: UUID,
    price_id: UUID,
    lookup_key: str | None = None,
    transfer_lookup_key: bool = False,
    **fields: Any,
) -> Price:
    """fields: is_active, nickname, metadata, tax_behavior. lookup_key: None leaves it, empty takes it away.

    Raises: ResourceMissing, LookupKeyTaken (unless transfer_lookup_key takes it over).
    Writes: the price, price.updated; the former price of the lookup key loses it. Safe to repeat.
    """
    price = lock_price(merchant_id=merchant_id, price_id=price_id)
    if lookup_key:
        holder = lock_price_with_key(merchant_id=merchant_id, lookup_key=lookup_key)
        if holder is not None and holder.id != price.id:
            if not transfer_lookup_key:
                raise LookupKeyTaken(param="lookup_key")
            holder.lookup_key = ""
            holder.save(update_fields=["lookup_key"])
    if lookup_key is not None:
        price.lookup_key = lookup_key
    for name, value in fields.items():
        setattr(price, name, value)
    price.save()
    announce(price, events.PRICE_UPDATED, price_shape(price, livemode=price.merchant.livemode))
    return price
