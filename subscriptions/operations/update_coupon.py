"""Change a coupon's name and metadata; its terms never change."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from foundation import clock
from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.locks import lock_coupon
from subscriptions.models import Coupon
from subscriptions.shapes import coupon_shape
from subscriptions.steps.announce import announce


@owns_transaction
def update_coupon(*, merchant_id: UUID, coupon_id: UUID, **fields: Any) -> Coupon:
    """fields: name, metadata. Raises: ResourceMissing. Writes: the coupon, coupon.updated. Safe to repeat."""
    coupon = lock_coupon(merchant_id=merchant_id, coupon_id=coupon_id)
    for name, value in fields.items():
        setattr(coupon, name, value)
    coupon.save()
    shape = coupon_shape(coupon, livemode=coupon.merchant.livemode, at=clock.now())
    announce(coupon, events.COUPON_UPDATED, shape)
    return coupon
