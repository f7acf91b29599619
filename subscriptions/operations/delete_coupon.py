"""Take a coupon back: nobody can redeem it any more, and those who have keep what it gave them."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.locks import lock_coupon
from subscriptions.models import Coupon
from subscriptions.shapes import coupon_shape
from subscriptions.steps.announce import announce


@owns_transaction
def delete_coupon(*, merchant_id: UUID, coupon_id: UUID) -> Coupon:
    """Raises: ResourceMissing, also for one that is deleted. Writes: the coupon, coupon.deleted.

    Safe to repeat: the second time there is no such coupon.
    """
    coupon = lock_coupon(merchant_id=merchant_id, coupon_id=coupon_id)
    coupon.deleted_at = clock.now()
    coupon.save(update_fields=["deleted_at"])
    shape = coupon_shape(coupon, livemode=coupon.merchant.livemode, at=coupon.deleted_at)
    announce(coupon, events.COUPON_DELETED, shape)
    return coupon
