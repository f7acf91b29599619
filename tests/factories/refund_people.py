"""Two people and a refund between them."""

from __future__ import annotations

from uuid import UUID

from foundation.context import acting
from foundation.ids import new_id
from foundation.money import Money
from payments.models import PaymentIntent, Refund, RefundApproval
from payments.operations.approve_refund import approve_refund
from payments.operations.refuse_refund import refuse_refund
from payments.operations.request_refund import request_refund
from tests.factories.shop import Shop


def asks_for(
    shop: Shop,
    intent: PaymentIntent,
    minor: int,
    *,
    limit: int,
    who: str = "staff:ada",
    refund_id: UUID | None = None,
) -> Refund:
    with acting(actor=who):
        return request_refund(
            merchant_id=shop.id,
            payment_intent_id=intent.id,
            refund_id=refund_id or new_id(),
            amount=Money(minor, intent.currency),
            own_limit=Money(limit, intent.currency),
        )


def approves(
    shop: Shop, refund: Refund, *, who: str = "staff:bob", minor: int | None = None, limit: int | None = None
) -> RefundApproval:
    with acting(actor=who):
        return approve_refund(
            merchant_id=shop.id,
            refund_id=refund.id,
            amount=refund.amount if minor is None else Money(minor, refund.currency),
            own_limit=None if limit is None else Money(limit, refund.currency),
            note="Seen",
        )


def refuses(shop: Shop, refund: Refund, *, who: str = "staff:bob") -> RefundApproval:
    with acting(actor=who):
        return refuse_refund(merchant_id=shop.id, refund_id=refund.id, note="Not ours")
