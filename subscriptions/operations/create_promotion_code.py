"""Create a promotion code: a coupon under a word that customers type in."""

from __future__ import annotations

import secrets
from typing import Any
from uuid import UUID

from foundation.tenancy.queries import get_merchant
from foundation.transactions import owns_transaction
from payments.queries.customers import get_live_customer
from subscriptions import events
from subscriptions.errors import PromotionCodeTaken
from subscriptions.locks import lock_coupon
from subscriptions.models import PromotionCode
from subscriptions.queries.catalogue import list_promotion_codes
from subscriptions.shapes import promotion_code_shape
from subscriptions.steps.announce import announce

LETTERS = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"
"""Without those that look like others when read aloud or typed off paper."""
LENGTH = 8


@owns_transaction
def create_promotion_code(
    *,
    merchant_id: UUID,
    promotion_code_id: UUID,
    coupon_id: UUID,
    code: str = "",
    customer_id: UUID | None = None,
    may_exist: bool = False,
    **fields: Any,
) -> PromotionCode:
    """code: made up when empty; kept in upper case. customer_id: the only one who may use it. fields: by model name.

    Raises: ResourceMissing (coupon, customer), PromotionCodeTaken.
    Writes: the code, promotion_code.created.
    Safe to repeat: with may_exist the same promotion_code_id finds the first one.
    """
    rows = list_promotion_codes(merchant_id=merchant_id)
    if may_exist:
        existing = rows.filter(pk=promotion_code_id).first()
        if existing is not None:
            return existing
    merchant = get_merchant(merchant_id)
    # Locked: two codes of one coupon made together must see each other's word.
    coupon = lock_coupon(merchant_id=merchant_id, coupon_id=coupon_id)
    if customer_id is not None:
        get_live_customer(merchant_id=merchant_id, customer_id=customer_id)
    word = code.upper() or "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
    if rows.filter(code=word, is_active=True).exists():
        raise PromotionCodeTaken(param="code")
    promotion = PromotionCode(
        id=promotion_code_id, merchant=merchant, coupon=coupon, code=word, customer_id=customer_id, **fields
    )
    promotion.save(force_insert=True)
    shape = promotion_code_shape(promotion, livemode=merchant.livemode)
    announce(promotion, events.PROMOTION_CODE_CREATED, shape)
    return promotion
