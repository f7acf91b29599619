"""Give up a payment whose customer went away while the PSP waited for them: cancel it there, which is the proof."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import outside_transaction
from payments.errors import EarlierOperationUnresolved, UnexpectedState
from payments.models import AttemptStatus
from payments.operations.execute_void import execute_void
from payments.operations.request_cancel import request_cancel
from payments.queries.payment_intents import get_attempt

ABANDONED = "abandoned"


@outside_transaction
def give_up_action(*, merchant_id: UUID, attempt_id: UUID) -> None:
    """Raises: ResourceMissing. Writes: as request_cancel and record_void_outcome; a PSP that refuses makes a case.

    Safe to repeat: an attempt that has moved on meanwhile, or whose void is asked for, is left alone.
    """
    attempt = get_attempt(merchant_id=merchant_id, attempt_id=attempt_id)
    if attempt.status != AttemptStatus.REQUIRES_ACTION or attempt.void_requested_at is not None:
        return
    try:
        request_cancel(merchant_id=merchant_id, payment_intent_id=attempt.payment_intent_id, reason=ABANDONED)
    except (EarlierOperationUnresolved, UnexpectedState):
        # The customer came back in this very moment.
        return
    execute_void(merchant_id=merchant_id, attempt_id=attempt_id)
