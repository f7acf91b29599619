"""Withdraw a refund before the PSP hears of it."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.transactions import owns_transaction
from payments import events
from payments.errors import RefundNotCancelable
from payments.locks import lock_attempt, lock_payment_intent, lock_refund
from payments.models import Refund, RefundStatus
from payments.queries.payment_intents import get_refund
from payments.steps.announce import announce_refund


@owns_transaction
def cancel_refund(*, merchant_id: UUID, refund_id: UUID) -> Refund:
    """Cancel a refund that waits for approval or for its first submission.

    Raises: ResourceMissing, RefundNotCancelable. Writes: the refund, refund.updated.
    Safe to repeat: a canceled refund stays so.
    """
    known = get_refund(merchant_id=merchant_id, refund_id=refund_id)
    intent = lock_payment_intent(merchant_id=merchant_id, payment_intent_id=known.payment_intent_id)
    lock_attempt(merchant_id=merchant_id, attempt_id=known.attempt_id)
    refund = lock_refund(merchant_id=merchant_id, refund_id=refund_id)
    if refund.status == RefundStatus.CANCELED:
        return refund
    if refund.status not in (RefundStatus.REQUIRES_APPROVAL, RefundStatus.CREATED) or refund.submissions:
        raise RefundNotCancelable()
    refund.cancel()
    refund.decided_at = clock.now()
    refund.next_check_at = None
    refund.save(update_fields=["status", "decided_at", "next_check_at"])
    announce_refund(refund, events.REFUND_UPDATED, intent=intent)
    return refund
