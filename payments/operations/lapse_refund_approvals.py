"""Withdraw refunds that nobody approved in time."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.transactions import outside_transaction, owns_transaction
from payments.locks import lock_attempt, lock_payment_intent, lock_refund, lock_refund_approval
from payments.models import RefundApproval
from payments.queries.approvals import list_lapsed_approvals
from payments.queries.payment_intents import get_refund
from payments.steps.decide_refund import end_refund, keep_refund_decision

BATCH = 100
TOO_LATE = "Nobody decided in time."


@outside_transaction
def lapse_refund_approvals() -> int:
    """How many have lapsed, at most BATCH in one go. Writes: approvals, refunds, refund.updated.

    Safe to repeat, and for two at once: each is locked and looked at again."""
    due = list_lapsed_approvals(clock.now(), limit=BATCH)
    return sum(_lapse(merchant_id, refund_id) for merchant_id, refund_id in due)


@owns_transaction
def _lapse(merchant_id: UUID, refund_id: UUID) -> bool:
    known = get_refund(merchant_id=merchant_id, refund_id=refund_id)
    intent = lock_payment_intent(merchant_id=merchant_id, payment_intent_id=known.payment_intent_id)
    lock_attempt(merchant_id=merchant_id, attempt_id=known.attempt_id)
    refund = lock_refund(merchant_id=merchant_id, refund_id=refund_id)
    approval = lock_refund_approval(refund)
    if approval.decision:
        return False
    if approval.is_waiting:
        end_refund(refund, intent)
    # A refund that was withdrawn, or that a dispute overtook, needs no decision any more.
    keep_refund_decision(approval, RefundApproval.Decision.LAPSED, TOO_LATE)
    return True
