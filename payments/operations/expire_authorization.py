"""Give up one authorization whose time ran out: ask the PSP, and void what it still holds."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.transactions import outside_transaction, owns_transaction
from payments import events
from payments.locks import lock_attempt, lock_payment_intent
from payments.models import AttemptStatus, PaymentAttempt
from payments.operations.execute_void import execute_void
from payments.operations.record_attempt_outcome import record_attempt_outcome
from payments.operations.request_cancel import request_cancel
from payments.psp.outcomes import Succeeded
from payments.psp.registry import connector_for
from payments.queries.payment_intents import find_undecided_capture, get_attempt
from payments.queries.psp_orders import attempt_inquiry, credentials_of
from payments.steps.announce import announce_payment
from payments.steps.post_to_ledger import release_authorization
from payments.steps.settle_intent import settle_intent


@outside_transaction
def expire_authorization(*, merchant_id: UUID, attempt_id: UUID) -> None:
    """The PSP's word decides: expired there is expired here; still held there is voided.

    Raises: ResourceMissing, EarlierOperationUnresolved. Writes: as record_attempt_outcome or record_void_outcome.
    Safe to repeat: an attempt that has ended is left alone.
    """
    attempt = get_attempt(merchant_id=merchant_id, attempt_id=attempt_id)
    if attempt.status == AttemptStatus.PARTIALLY_CAPTURED:
        _let_rest_go(merchant_id=merchant_id, attempt_id=attempt_id)
    if attempt.status != AttemptStatus.AUTHORIZED:
        return
    connector = connector_for(attempt.psp_account.psp)
    if connector.capabilities.inquires_by_repeating:
        # It can not say; canceling what has expired changes nothing, and its notification tells.
        _let_go(merchant_id=merchant_id, attempt=attempt)
        return
    answer = connector.inquire(credentials_of(attempt.psp_account), attempt_inquiry(attempt))
    record_attempt_outcome(
        merchant_id=merchant_id,
        payment_intent_id=attempt.payment_intent_id,
        attempt_id=attempt_id,
        outcome=answer.outcome,
        call=answer.call,
    )
    still_held = isinstance(answer.outcome, Succeeded) and answer.outcome.captured is None
    if not still_held or find_undecided_capture(attempt) is not None:
        # Released there already, taken there, or not known: the sweep comes back to it.
        return
    _let_go(merchant_id=merchant_id, attempt=attempt)


def _let_go(*, merchant_id: UUID, attempt: PaymentAttempt) -> None:
    if find_undecided_capture(attempt) is not None:
        return
    request_cancel(merchant_id=merchant_id, payment_intent_id=attempt.payment_intent_id, reason="automatic")
    execute_void(merchant_id=merchant_id, attempt_id=attempt.id)


@owns_transaction
def _let_rest_go(*, merchant_id: UUID, attempt_id: UUID) -> None:
    known = get_attempt(merchant_id=merchant_id, attempt_id=attempt_id)
    intent = lock_payment_intent(merchant_id=merchant_id, payment_intent_id=known.payment_intent_id)
    attempt = lock_attempt(merchant_id=merchant_id, attempt_id=attempt_id)
    if attempt.status != AttemptStatus.PARTIALLY_CAPTURED or find_undecided_capture(attempt) is not None:
        return
    attempt.succeed()
    attempt.save(update_fields=["status"])
    release_authorization(attempt, has_expired=True, at=clock.now())
    settle_intent(intent, attempt)
    announce_payment(intent, events.PAYMENT_INTENT_SUCCEEDED)
