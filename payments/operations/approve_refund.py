"""Approve a refund that another person asked for: the second half of four eyes."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from foundation import clock
from foundation.context import current
from foundation.money import Money
from foundation.transactions import owns_transaction
from payments import events
from payments.errors import RefundAboveLimit, RefundApprovalDiffers
from payments.locks import lock_attempt, lock_payment_intent, lock_refund, lock_refund_approval
from payments.models import RefundApproval
from payments.queries.payment_intents import get_refund, refunded_by
from payments.schedules import SUBMISSION_LEASE_SECONDS
from payments.steps.announce import announce_refund
from payments.steps.decide_refund import (
    end_refund,
    keep_refund_decision,
    refuse_unless_another,
    refuse_unless_waiting,
)
from payments.steps.stage_refund import stage_refund

CHANGED = "The payment has changed since the refund was asked for."


@owns_transaction
def approve_refund(
    *, merchant_id: UUID, refund_id: UUID, amount: Money, own_limit: Money | None, note: str = ""
) -> RefundApproval:
    """Agree to exactly what was asked for. Answers `lapsed` when the payment has changed since.

    amount: what the approver was shown. own_limit: the most that the approver may give back of one payment, what
    they asked for and agreed to taken together; None: no limit.
    Raises: ResourceMissing, RefundApprovalDecided, RefundSecondPersonNeeded, RefundApprovalDiffers, RefundAboveLimit.
    Writes: the approval, the refund, refund.updated, the job that sends it.
    Safe to repeat: one that was approved is answered as it is.
    """
    known = get_refund(merchant_id=merchant_id, refund_id=refund_id)
    intent = lock_payment_intent(merchant_id=merchant_id, payment_intent_id=known.payment_intent_id)
    lock_attempt(merchant_id=merchant_id, attempt_id=known.attempt_id)
    refund = lock_refund(merchant_id=merchant_id, refund_id=refund_id)
    approval = lock_refund_approval(refund)
    if approval.decision == RefundApproval.Decision.APPROVED and refund.amount == amount:
        return approval
    refuse_unless_waiting(approval)
    refuse_unless_another(approval)
    if refund.amount != amount:
        raise RefundApprovalDiffers()
    # Two halves are one whole, for who agrees as for who asks.
    before = refunded_by(intent, current().actor)
    if own_limit is not None and before + amount > own_limit:
        raise RefundAboveLimit(
            f"You may give back up to {own_limit} of one payment, and {before} of it is used.", param="amount"
        )
    now = clock.now()
    if approval.payment_version != intent.version or approval.lapses_at <= now:
        end_refund(refund, intent)
        return keep_refund_decision(approval, RefundApproval.Decision.LAPSED, CHANGED)
    refund.approve()
    # Should the worker die, the sweep of due checks finds it.
    refund.next_check_at = now + timedelta(seconds=SUBMISSION_LEASE_SECONDS)
    refund.save(update_fields=["status", "next_check_at"])
    announce_refund(refund, events.REFUND_UPDATED, intent=intent)
    stage_refund(refund)
    return keep_refund_decision(approval, RefundApproval.Decision.APPROVED, note)
