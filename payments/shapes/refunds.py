"""Refunds as the API shows them, in Stripe's five words."""

from __future__ import annotations

from typing import Any

from foundation.clock import to_timestamp
from payments.models import Refund, RefundStatus
from payments.shapes.ids import public

_STATUS = {
    RefundStatus.REQUIRES_APPROVAL: "pending",
    RefundStatus.CREATED: "pending",
    RefundStatus.SUBMITTING: "pending",
    RefundStatus.PENDING: "pending",
    RefundStatus.UNKNOWN: "pending",
    RefundStatus.SUCCEEDED: "succeeded",
    RefundStatus.FAILED: "failed",
    RefundStatus.CANCELED: "canceled",
}
FAILURE_REASONS = frozenset(
    {
        "charge_for_pending_refund_disputed",
        "declined",
        "expired_or_canceled_card",
        "insufficient_funds",
        "lost_or_stolen_card",
        "merchant_request",
        "unknown",
    }
)


def refund_shape(refund: Refund) -> dict[str, Any]:
    shape: dict[str, Any] = {
        "id": refund.public_id,
        "object": "refund",
        "amount": refund.amount_minor,
        "balance_transaction": public("txn", refund.ledger_entry_id),
        "charge": public("ch", refund.attempt_id),
        "created": to_timestamp(refund.created_at),
        "currency": refund.currency,
        "customer": None,
        "customer_account": None,
        "metadata": refund.metadata,
        "payment_intent": public("pi", refund.payment_intent_id),
        "payment_method": None,
        "reason": refund.reason or None,
        "receipt_number": None,
        "source_transfer_reversal": None,
        "status": _STATUS[refund.status],
        "transfer_reversal": None,
    }
    if refund.status == RefundStatus.FAILED:
        shape["failure_reason"] = (
            refund.failure_reason if refund.failure_reason in FAILURE_REASONS else "unknown"
        )
    if refund.return_entry_id is not None:
        shape["failure_balance_transaction"] = public("txn", refund.return_entry_id)
    return shape
