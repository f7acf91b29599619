"""Redeem coupons and promotion codes on a subscription: limits are checked under the coupon's lock."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from foundation.transactions import joins_transaction
from subscriptions.discounts import Duration, end_of_discount
from subscriptions.errors import CouponNotRedeemable
from subscriptions.locks import lock_coupon, lock_promotion_code
from subscriptions.models import Coupon, Discount, PromotionCode, Subscription, SubscriptionItem
from subscriptions.queries.subscriptions import list_discounts


@dataclass(frozen=True, slots=True)
class Redemption:
    """Exactly one of the two."""

    coupon_id: UUID | None = None
    promotion_code_id: UUID | None = None


@joins_transaction
def redeem(
    redemptions: Sequence[Redemption],
    *,
    subscription: Subscription,
    item: SubscriptionItem | None,
    at: datetime,
) -> list[Discount]:
    """at: when the discounts begin. Raises ResourceMissing, CouponNotRedeemable. Writes discounts and counters."""
    if not redemptions:
        return []
    ordinal = max((one.ordinal for one in list_discounts(subscription)), default=0)
    discounts = []
    for position, redemption in enumerate(redemptions, start=ordinal + 1):
        code = None
        coupon_id = redemption.coupon_id
        if redemption.promotion_code_id is not None:
            code = lock_promotion_code(
                merchant_id=subscription.merchant_id, promotion_code_id=redemption.promotion_code_id
            )
            coupon_id = code.coupon_id
        assert coupon_id is not None, "a redemption names a coupon or a promotion code"
        # Locked before it is counted: the last redemption is one.
        coupon = lock_coupon(merchant_id=subscription.merchant_id, coupon_id=coupon_id)
        refuse_unless_redeemable(coupon, code, subscription=subscription, at=at)
        _count(coupon, code)
        discount = Discount(
            merchant_id=subscription.merchant_id,
            coupon=coupon,
            promotion_code=code,
            customer_id=subscription.customer_id,
            subscription=subscription,
            subscription_item=item,
            ordinal=position,
            starts_at=at,
            ends_at=end_of_discount(
                Duration(coupon.duration), coupon.duration_in_months, at, subscription.timezone
            ),
        )
        discount.save(force_insert=True)
        discounts.append(discount)
    return discounts


def refuse_unless_redeemable(
    coupon: Coupon, code: PromotionCode | None, *, subscription: Subscription, at: datetime
) -> None:
    """Raises CouponNotRedeemable. Both are locked."""
    for limited in (one for one in (coupon, code) if one is not None):
        if limited.max_redemptions is not None and limited.times_redeemed >= limited.max_redemptions:
            raise CouponNotRedeemable("It has been redeemed as often as it may be.", param="discounts")
    if coupon.redeem_by_at is not None and at > coupon.redeem_by_at:
        raise CouponNotRedeemable("It could be redeemed up to an earlier date.", param="discounts")
    if coupon.amount_off_minor is not None and coupon.currency != subscription.currency:
        raise CouponNotRedeemable("Its amount is in another currency.", param="discounts")
    if code is None:
        return
    if not code.is_active or (code.expires_at is not None and at >= code.expires_at):
        raise CouponNotRedeemable("The promotion code is not active.", param="discounts")
    if code.customer_id not in (None, subscription.customer_id):
        raise CouponNotRedeemable("The promotion code is another customer's.", param="discounts")


def _count(coupon: Coupon, code: PromotionCode | None) -> None:
    coupon.times_redeemed += 1
    coupon.save(update_fields=["times_redeemed"])
    if code is not None:
        code.times_redeemed += 1
        code.save(update_fields=["times_redeemed"])
