"""Send a void to the PSP and record what came of it."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.transactions import outside_transaction
from payments.models import PaymentIntent
from payments.operations.record_void_outcome import record_void_outcome
from payments.promised_calls import call_unless_late
from payments.psp.registry import connector_for
from payments.queries.payment_intents import get_attempt, get_payment_intent
from payments.queries.psp_orders import credentials_of, void_request


@outside_transaction
def execute_void(*, merchant_id: UUID, attempt_id: UUID) -> PaymentIntent:
    """Ask the PSP to cancel the attempt whose void was requested.

    Raises: ResourceMissing. Writes: as record_void_outcome.
    Safe to repeat: canceling a canceled payment changes nothing at the PSP, and our key is the same.
    """
    # A void leaves again and again under one key until it is answered: its promise is what is read here and now.
    promised_at = clock.now()
    attempt = get_attempt(merchant_id=merchant_id, attempt_id=attempt_id)
    if attempt.void_requested_at is None or not attempt.is_live:
        return get_payment_intent(merchant_id=merchant_id, payment_intent_id=attempt.payment_intent_id)
    account, request = attempt.psp_account, void_request(attempt)
    credentials = credentials_of(account)
    outcome, call = call_unless_late(
        promised_at, lambda: connector_for(account.psp).void(credentials, request)
    )
    return record_void_outcome(merchant_id=merchant_id, attempt_id=attempt_id, outcome=outcome, call=call)
