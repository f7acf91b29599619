"""Capture a payment now: promise, send, record."""

from __future__ import annotations

from uuid import UUID

from foundation.money import Money
from foundation.transactions import outside_transaction
from payments.models import Capture
from payments.operations.execute_capture import execute_capture
from payments.operations.request_capture import request_capture


@outside_transaction
def capture_payment(
    *,
    merchant_id: UUID,
    payment_intent_id: UUID,
    capture_id: UUID,
    amount: Money | None = None,
    is_final: bool = True,
) -> Capture:
    """Capture `amount` (minor units; None: all that is capturable) in the foreground.

    Raises, writes and repeats as request_capture and record_capture_outcome do.
    """
    request_capture(
        merchant_id=merchant_id,
        payment_intent_id=payment_intent_id,
        capture_id=capture_id,
        amount=amount,
        is_final=is_final,
    )
    return execute_capture(merchant_id=merchant_id, capture_id=capture_id)
