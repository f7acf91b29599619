"""Change a product: its words, whether it is sold, its default price."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from foundation import clock
from foundation.errors import ResourceMissing
from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.locks import lock_product
from subscriptions.models import Product
from subscriptions.queries.catalogue import get_price
from subscriptions.shapes import product_shape
from subscriptions.steps.announce import announce


@owns_transaction
def update_product(
    *, merchant_id: UUID, product_id: UUID, default_price_id: UUID | None = None, **fields: Any
) -> Product:
    """fields: by model name. default_price_id: one of its own prices; None leaves it.

    Raises: ResourceMissing. Writes: the product, product.updated. Safe to repeat.
    """
    product = lock_product(merchant_id=merchant_id, product_id=product_id)
    if default_price_id is not None:
        price = get_price(merchant_id=merchant_id, price_id=default_price_id)
        if price.product_id != product.id:
            raise ResourceMissing("The price is another product's.", param="default_price")
        product.default_price = price
    for name, value in fields.items():
        setattr(product, name, value)
    product.updated_at = clock.now()
    product.save()
    announce(product, events.PRODUCT_UPDATED, product_shape(product, livemode=product.merchant.livemode))
    return product
