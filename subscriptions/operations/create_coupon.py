"""Create a coupon."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID

from foundation import clock
from foundation.money import Money
from foundation.tenancy.queries import get_merchant
from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.discounts import Duration
from subscriptions.errors import CouponIdTaken
from subscriptions.models import Coupon
from subscriptions.queries.catalogue import get_product, list_coupons
from subscriptions.shapes import coupon_shape
from subscriptions.steps.announce import announce


@owns_transaction
def create_coupon(
    *,
    merchant_id: UUID,
    coupon_id: UUID,
    duration: Duration,
    percent_off: Decimal | None = None,
    amount_off: Money | None = None,
    custom_id: str = "",
    product_ids: Sequence[UUID] = (),
    may_exist: bool = False,
    **fields: Any,
) -> Coupon:
    """Exactly one of percent_off (25 is a quarter) and amount_off. product_ids: empty for all. fields: by model name.

    Raises: ResourceMissing (a product), CouponIdTaken.
    Writes: the coupon, coupon.created.
    Safe to repeat: with may_exist the same coupon_id finds the first one.
    """
    rows = list_coupons(merchant_id=merchant_id)
    if may_exist:
        existing = rows.filter(pk=coupon_id).first()
        if existing is not None:
            return existing
    merchant = get_merchant(merchant_id)
    for product_id in product_ids:
        get_product(merchant_id=merchant_id, product_id=product_id)
    if custom_id and rows.filter(custom_id=custom_id).exists():
        raise CouponIdTaken(param="id")
    coupon = Coupon(
        id=coupon_id,
        merchant=merchant,
        custom_id=custom_id,
        duration=duration,
        percent_off=percent_off,
        amount_off_minor=amount_off.amount_minor if amount_off else None,
        currency=amount_off.currency if amount_off else "",
        product_ids=[str(product_id) for product_id in product_ids],
        **fields,
    )
    coupon.save(force_insert=True)
    shape = coupon_shape(coupon, livemode=merchant.livemode, at=clock.now())
    announce(coupon, events.COUPON_CREATED, shape)
    return coupon
