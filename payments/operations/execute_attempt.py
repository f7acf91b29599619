"""Send an attempt to its PSP and record what came of it: no transaction and no lock while the PSP is at work."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.transactions import outside_transaction, owns_transaction
from payments.locks import lock_attempt, lock_payment_intent
from payments.models import AttemptStatus, PaymentIntent
from payments.operations.record_attempt_outcome import record_attempt_outcome
from payments.psp.outcomes import CallRecord, NotSent, Outcome
from payments.psp.registry import connector_for
from payments.queries.payment_intents import get_attempt, get_payment_intent
from payments.queries.psp_orders import AttemptOrder, get_attempt_order

LATE_SECONDS = 10
"""How old a promise to call may be when the call leaves; well below the first look of anybody else."""


@outside_transaction
def execute_attempt(
    *, merchant_id: UUID, attempt_id: UUID, order: AttemptOrder | None = None
) -> PaymentIntent:
    """Make the one call of an attempt.

    order: handed over by whoever has just opened the attempt as submitting; without it the attempt is taken up from
    `created`, by one worker only.
    Raises: ResourceMissing. Writes: as record_attempt_outcome.
    Safe to repeat: an attempt that has left `created` is not sent again; resolve_unknown asks what became of it.
    """
    if order is None:
        if not _take_up(merchant_id=merchant_id, attempt_id=attempt_id):
            attempt = get_attempt(merchant_id=merchant_id, attempt_id=attempt_id)
            return get_payment_intent(merchant_id=merchant_id, payment_intent_id=attempt.payment_intent_id)
        order = get_attempt_order(merchant_id=merchant_id, attempt_id=attempt_id)
    outcome: Outcome
    call: CallRecord | None
    if (clock.now() - order.opened_at).total_seconds() > LATE_SECONDS:
        # This process slept. Others may have proven by now that nothing was sent, and the customer paid anew.
        outcome, call = NotSent(reason="too_late"), None
    else:
        answer = connector_for(order.psp).authorize(order.credentials, order.request)
        outcome, call = answer.outcome, answer.call
    return record_attempt_outcome(
        merchant_id=merchant_id,
        payment_intent_id=order.payment_intent_id,
        attempt_id=attempt_id,
        outcome=outcome,
        call=call,
    )


@owns_transaction
def _take_up(*, merchant_id: UUID, attempt_id: UUID) -> bool:
    known = get_attempt(merchant_id=merchant_id, attempt_id=attempt_id)
    lock_payment_intent(merchant_id=merchant_id, payment_intent_id=known.payment_intent_id)
    attempt = lock_attempt(merchant_id=merchant_id, attempt_id=attempt_id)
    if attempt.status != AttemptStatus.CREATED:
        return False
    attempt.submit()
    attempt.submitted_at = clock.now()
    attempt.save(update_fields=["status", "submitted_at"])
    return True
