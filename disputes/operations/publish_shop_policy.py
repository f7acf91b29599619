"""Write down what customers were shown, from a moment on. Texts only grow: a dispute asks what was in force then."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from disputes.errors import ShopPolicyTaken
from disputes.locks import lock_desk
from disputes.models import ShopPolicy
from foundation.transactions import owns_transaction


@owns_transaction
def publish_shop_policy(
    *, merchant_id: UUID, policy_id: UUID, kind: str, text: str, in_force_from: datetime
) -> ShopPolicy:
    """policy_id: chosen by the caller: the page's one-time form key. kind: refund or cancellation.

    Raises: ShopPolicyTaken. Writes: the policy.
    Safe to repeat: the same policy_id finds its policy.
    """
    lock_desk(merchant_id)
    policies = ShopPolicy.objects.for_merchant(merchant_id)
    existing = policies.filter(pk=policy_id).first()
    if existing is not None:
        return existing
    if policies.filter(kind=kind, in_force_from=in_force_from).exists():
        raise ShopPolicyTaken(param="in_force_from")
    return policies.create(
        id=policy_id, merchant_id=merchant_id, kind=kind, text=text, in_force_from=in_force_from
    )
