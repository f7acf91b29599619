"""Send a capture to the PSP and record what came of it."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.transactions import outside_transaction, owns_transaction
from payments.locks import lock_attempt, lock_capture, lock_payment_intent
from payments.models import Capture, CaptureStatus
from payments.operations.record_capture_outcome import record_capture_outcome
from payments.promised_calls import call_unless_late
from payments.psp.registry import connector_for
from payments.queries.payment_intents import get_capture
from payments.queries.psp_orders import capture_request, credentials_of


@outside_transaction
def execute_capture(*, merchant_id: UUID, capture_id: UUID) -> Capture:
    """Make the one call of a capture that is still `created`; any other is left as it is.

    Raises: ResourceMissing. Writes: as record_capture_outcome.
    Safe to repeat: a capture that has left `created` is not sent again by this flow; resolve_unknown asks first.
    """
    capture, is_ours = _take_up(merchant_id=merchant_id, capture_id=capture_id)
    if not is_ours:
        return capture
    attempt = capture.attempt
    account, request = attempt.psp_account, capture_request(capture, attempt)
    credentials = credentials_of(account)
    outcome, call = call_unless_late(
        capture.submitted_at or capture.created_at,
        lambda: connector_for(account.psp).capture(credentials, request),
    )
    return record_capture_outcome(merchant_id=merchant_id, capture_id=capture_id, outcome=outcome, call=call)


@owns_transaction
def _take_up(*, merchant_id: UUID, capture_id: UUID) -> tuple[Capture, bool]:
    known = get_capture(merchant_id=merchant_id, capture_id=capture_id)
    lock_payment_intent(merchant_id=merchant_id, payment_intent_id=known.attempt.payment_intent_id)
    attempt = lock_attempt(merchant_id=merchant_id, attempt_id=known.attempt_id)
    capture = lock_capture(merchant_id=merchant_id, capture_id=capture_id)
    capture.attempt = attempt
    if capture.status != CaptureStatus.CREATED:
        return capture, False
    capture.submit()
    capture.submitted_at = clock.now()
    capture.save(update_fields=["status", "submitted_at"])
    return capture, True
