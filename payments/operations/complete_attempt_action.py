"""The customer is back from their bank, and brings what the PSP wants to be told before it decides."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from foundation.transactions import outside_transaction
from payments.models import AttemptStatus, PaymentAttempt
from payments.operations.record_attempt_outcome import record_attempt_outcome
from payments.psp.port import CompleteRequest
from payments.psp.registry import connector_for
from payments.queries.payment_intents import get_attempt
from payments.queries.psp_orders import credentials_of


@outside_transaction
def complete_attempt_action(
    *, merchant_id: UUID, attempt_id: UUID, details: Mapping[str, str]
) -> PaymentAttempt:
    """details: what the PSP gave the browser to bring; anybody may bring anything, and only what the PSP makes of it
    counts.

    Raises: ResourceMissing. Writes: as record_attempt_outcome.
    Safe to repeat: an attempt that no longer waits for its customer is left alone.
    """
    attempt = get_attempt(merchant_id=merchant_id, attempt_id=attempt_id)
    connector = connector_for(attempt.psp_account.psp)
    waits = attempt.status == AttemptStatus.REQUIRES_ACTION and attempt.void_requested_at is None
    if not waits or not connector.capabilities.completes_actions:
        return attempt
    request = CompleteRequest(
        psp_key=attempt.psp_key,
        amount=attempt.amount,
        capture=attempt.capture_method == "automatic",
        details=details,
    )
    answer = connector.complete(credentials_of(attempt.psp_account), request)
    record_attempt_outcome(
        merchant_id=merchant_id,
        payment_intent_id=attempt.payment_intent_id,
        attempt_id=attempt_id,
        outcome=answer.outcome,
        call=answer.call,
    )
    return get_attempt(merchant_id=merchant_id, attempt_id=attempt_id)
