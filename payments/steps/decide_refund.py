"""What approving, refusing and lapsing a refund share: who may, what is kept of it, and the end of the refund."""

from __future__ import annotations

from foundation import clock
from foundation.context import current
from foundation.transactions import joins_transaction
from payments import events
from payments.errors import RefundApprovalDecided, RefundSecondPersonNeeded
from payments.models import PaymentIntent, Refund, RefundApproval
from payments.steps.announce import announce_refund


def refuse_unless_waiting(approval: RefundApproval) -> None:
    """Raises RefundApprovalDecided."""
    if not approval.is_waiting:
        raise RefundApprovalDecided(f"The refund is {approval.decision or approval.refund.status} already.")


def refuse_unless_another(approval: RefundApproval) -> None:
    """Raises RefundSecondPersonNeeded. PostgreSQL holds to it as well: refund_approval_maker_is_not_checker."""
    if current().actor[:128] == approval.requested_by:
        raise RefundSecondPersonNeeded("Another person than the one who asked decides.")


@joins_transaction
def end_refund(refund: Refund, intent: PaymentIntent) -> None:
    """Withdraw a refund that the PSP never heard of. Both are locked."""
    refund.cancel()
    refund.decided_at = clock.now()
    refund.next_check_at = None
    refund.save(update_fields=["status", "decided_at", "next_check_at"])
    announce_refund(refund, events.REFUND_UPDATED, intent=intent)


@joins_transaction
def keep_refund_decision(approval: RefundApproval, decision: str, note: str) -> RefundApproval:
    """Who decided, when and with which words."""
    approval.decision = decision
    approval.decided_by = current().actor[:128]
    approval.decided_at = clock.now()
    approval.decision_note = note[:500]
    approval.save(update_fields=["decision", "decided_by", "decided_at", "decision_note"])
    return approval
