"""Cancel a payment intent now: at once, or by a void sent to the PSP in the foreground."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import outside_transaction
from payments.errors import UnexpectedState
from payments.models import IntentStatus, PaymentIntent
from payments.operations.execute_void import execute_void
from payments.operations.request_cancel import request_cancel


@outside_transaction
def cancel_payment_intent(*, merchant_id: UUID, payment_intent_id: UUID, reason: str = "") -> PaymentIntent:
    """Raises, writes and repeats as request_cancel and record_void_outcome do.

    Raises UnexpectedState also when the PSP refuses: what is held stays held. A void that did not reach the PSP
    stays asked for, and is sent again by the sweep.
    """
    intent = request_cancel(merchant_id=merchant_id, payment_intent_id=payment_intent_id, reason=reason)
    if intent.status == IntentStatus.CANCELED or intent.latest_attempt_id is None:
        return intent
    intent = execute_void(merchant_id=merchant_id, attempt_id=intent.latest_attempt_id)
    assert intent.latest_attempt is not None, "an attempt was just voided"
    if intent.status != IntentStatus.CANCELED and intent.latest_attempt.void_requested_at is None:
        raise UnexpectedState("The PSP refused to cancel the payment: it stands as it was.")
    return intent
