"""Refund a payment now: request_refund, execute_refund, record_refund_outcome, in this order."""

from __future__ import annotations

from uuid import UUID

from foundation.money import Money
from foundation.transactions import outside_transaction
from payments.models import Refund
from payments.operations.execute_refund import execute_refund
from payments.operations.request_refund import request_refund


@outside_transaction
def refund_payment(
    *,
    merchant_id: UUID,
    payment_intent_id: UUID,
    refund_id: UUID,
    amount: Money | None = None,
    reason: str = "",
    metadata: dict[str, str] | None = None,
) -> Refund:
    """Refund `amount` (minor units; None: all that is available) in the foreground.

    Raises, writes and repeats as request_refund and record_refund_outcome do.
    """
    request_refund(
        merchant_id=merchant_id,
        payment_intent_id=payment_intent_id,
        refund_id=refund_id,
        amount=amount,
        reason=reason,
        metadata=metadata,
        in_background=False,
    )
    return execute_refund(merchant_id=merchant_id, refund_id=refund_id)
