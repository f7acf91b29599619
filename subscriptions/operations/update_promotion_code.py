"""Switch a promotion code on or off, and change its metadata."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.errors import PromotionCodeTaken
from subscriptions.locks import lock_promotion_code
from subscriptions.models import PromotionCode
from subscriptions.queries.catalogue import list_promotion_codes
from subscriptions.shapes import promotion_code_shape
from subscriptions.steps.announce import announce


@owns_transaction
def update_promotion_code(*, merchant_id: UUID, promotion_code_id: UUID, **fields: Any) -> PromotionCode:
    """fields: is_active, metadata.

    Raises: ResourceMissing, PromotionCodeTaken (another active code is this word by now).
    Writes: the code, promotion_code.updated. Safe to repeat.
    """
    code = lock_promotion_code(merchant_id=merchant_id, promotion_code_id=promotion_code_id)
    rows = list_promotion_codes(merchant_id=merchant_id)
    if fields.get("is_active") and rows.filter(code=code.code, is_active=True).exclude(pk=code.pk).exists():
        raise PromotionCodeTaken(param="active")
    for name, value in fields.items():
        setattr(code, name, value)
    code.save()
    shape = promotion_code_shape(code, livemode=code.merchant.livemode)
    announce(code, events.PROMOTION_CODE_UPDATED, shape)
    return code
