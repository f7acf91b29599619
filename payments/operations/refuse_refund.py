"""Refuse a refund that another person asked for."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from payments.locks import lock_attempt, lock_payment_intent, lock_refund, lock_refund_approval
from payments.models import RefundApproval
from payments.queries.payment_intents import get_refund
from payments.steps.decide_refund import (
    end_refund,
    keep_refund_decision,
    refuse_unless_another,
    refuse_unless_waiting,
)


@owns_transaction
def refuse_refund(*, merchant_id: UUID, refund_id: UUID, note: str) -> RefundApproval:
    """Say no, as another person than the one who asked; what was promised is available again.

    Raises: ResourceMissing, RefundApprovalDecided, RefundSecondPersonNeeded.
    Writes: the approval, the refund, refund.updated.
    Safe to repeat: a decided one stays as it is, and the repeat is refused.
    """
    known = get_refund(merchant_id=merchant_id, refund_id=refund_id)
    intent = lock_payment_intent(merchant_id=merchant_id, payment_intent_id=known.payment_intent_id)
    lock_attempt(merchant_id=merchant_id, attempt_id=known.attempt_id)
    refund = lock_refund(merchant_id=merchant_id, refund_id=refund_id)
    approval = lock_refund_approval(refund)
    refuse_unless_waiting(approval)
    refuse_unless_another(approval)
    end_refund(refund, intent)
    return keep_refund_decision(approval, RefundApproval.Decision.REFUSED, note)
