"""Create a product."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from foundation.tenancy.queries import get_merchant
from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.models import Product
from subscriptions.shapes import product_shape
from subscriptions.steps.announce import announce


@owns_transaction
def create_product(
    *, merchant_id: UUID, product_id: UUID, name: str, may_exist: bool = False, **fields: Any
) -> Product:
    """fields: by model name. product_id: the key's reserved id; may_exist: an earlier try may have got this far.

    Raises ResourceMissing (merchant).
    Writes: the product, product.created.
    Safe to repeat: with may_exist the same id finds the first one.
    """
    if may_exist:
        existing = Product.objects.for_merchant(merchant_id).filter(pk=product_id).first()
        if existing is not None:
            return existing
    merchant = get_merchant(merchant_id)
    product = Product(id=product_id, merchant=merchant, name=name, **fields)
    product.save(force_insert=True)
    announce(product, events.PRODUCT_CREATED, product_shape(product, livemode=merchant.livemode))
    return product
