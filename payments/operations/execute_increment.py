"""Send an increment to the PSP and record what came of it: no transaction and no lock while the PSP is at work."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.transactions import outside_transaction, owns_transaction
from payments.locks import lock_attempt, lock_increment, lock_payment_intent
from payments.models import AuthorizationIncrement, IncrementStatus
from payments.operations.record_increment_outcome import record_increment_outcome
from payments.psp.registry import connector_for
from payments.queries.payment_intents import get_increment
from payments.queries.psp_orders import credentials_of, increment_request


@outside_transaction
def execute_increment(*, merchant_id: UUID, increment_id: UUID) -> AuthorizationIncrement:
    """Make the one call of an increment that is still `created`; any other is left as it is.

    Raises: ResourceMissing. Writes: as record_increment_outcome.
    Safe to repeat: one that has left `created` is not sent again by this flow; resolve_unknown asks first.
    """
    increment, is_ours = _take_up(merchant_id=merchant_id, increment_id=increment_id)
    if not is_ours:
        return increment
    attempt = increment.attempt
    answer = connector_for(attempt.psp_account.psp).increment(
        credentials_of(attempt.psp_account), increment_request(increment, attempt)
    )
    return record_increment_outcome(
        merchant_id=merchant_id, increment_id=increment_id, outcome=answer.outcome, call=answer.call
    )


@owns_transaction
def _take_up(*, merchant_id: UUID, increment_id: UUID) -> tuple[AuthorizationIncrement, bool]:
    known = get_increment(merchant_id=merchant_id, increment_id=increment_id)
    lock_payment_intent(merchant_id=merchant_id, payment_intent_id=known.attempt.payment_intent_id)
    attempt = lock_attempt(merchant_id=merchant_id, attempt_id=known.attempt_id)
    increment = lock_increment(merchant_id=merchant_id, increment_id=increment_id)
    increment.attempt = attempt
    if increment.status != IncrementStatus.CREATED:
        return increment, False
    increment.submit()
    increment.submitted_at = clock.now()
    increment.save(update_fields=["status", "submitted_at"])
    return increment, True
