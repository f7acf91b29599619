"""Request to cancel a payment: at once where nothing was sent, else by a void that the PSP has to answer."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from foundation import clock
from foundation.jobs.staging import stage_job
from foundation.transactions import owns_transaction
from payments import events
from payments.errors import EarlierOperationUnresolved, UnexpectedState
from payments.locks import lock_attempt, lock_payment_intent
from payments.models import AttemptStatus, IntentStatus, PaymentAttempt, PaymentIntent
from payments.queries.payment_intents import find_undecided_capture, find_undecided_increment
from payments.schedules import SUBMISSION_LEASE_SECONDS
from payments.steps.announce import announce_payment

VOIDABLE = (AttemptStatus.AUTHORIZED, AttemptStatus.REQUIRES_ACTION)
UNSENT = (IntentStatus.REQUIRES_PAYMENT_METHOD, IntentStatus.REQUIRES_CONFIRMATION)


@owns_transaction
def request_cancel(
    *, merchant_id: UUID, payment_intent_id: UUID, reason: str = "", in_background: bool = False
) -> PaymentIntent:
    """Cancel the intent, or promise to void its authorization.

    reason: Stripe's cancellation reasons, or empty. in_background: a worker sends the void.
    Raises: ResourceMissing, UnexpectedState, EarlierOperationUnresolved.
    Writes: the intent and payment_intent.canceled; or the attempt's void key, and with in_background a job.
    Safe to repeat: a void that is asked for already is not asked for twice.
    """
    intent = lock_payment_intent(merchant_id=merchant_id, payment_intent_id=payment_intent_id)
    if intent.status in UNSENT:
        _cancel_unsent(intent, reason)
        return intent
    if intent.latest_attempt_id is None or intent.status in (IntentStatus.SUCCEEDED, IntentStatus.CANCELED):
        raise UnexpectedState(f"A payment in status {intent.status} can not be canceled.")
    attempt = lock_attempt(merchant_id=merchant_id, attempt_id=intent.latest_attempt_id)
    if attempt.void_requested_at is not None:
        return intent
    refuse_unless_voidable(attempt)
    # A key of its own for each wish: the PSP would answer an old key with its old refusal.
    attempt.void_key = f"void_{attempt.public_id}_{intent.version}"
    attempt.void_requested_at = clock.now()
    attempt.next_check_at = attempt.void_requested_at + timedelta(seconds=SUBMISSION_LEASE_SECONDS)
    attempt.save(update_fields=["void_key", "void_requested_at", "next_check_at"])
    intent.cancellation_reason = reason
    intent.version += 1
    intent.save(update_fields=["cancellation_reason", "version"])
    if in_background:
        stage_job(
            "payments.execute_void",
            {"merchant_id": str(merchant_id), "attempt_id": str(attempt.id)},
            merchant_id=merchant_id,
        )
    return intent


def refuse_unless_voidable(attempt: PaymentAttempt) -> None:
    """The attempt is locked."""
    if attempt.status not in VOIDABLE:
        if attempt.is_undecided:
            raise EarlierOperationUnresolved()
        raise UnexpectedState(f"A charge in status {attempt.status} can not be voided.")
    if find_undecided_capture(attempt) is not None or find_undecided_increment(attempt) is not None:
        raise EarlierOperationUnresolved()


def _cancel_unsent(intent: PaymentIntent, reason: str) -> None:
    intent.cancel()
    intent.canceled_at = clock.now()
    intent.cancellation_reason = reason
    intent.next_action = None
    intent.version += 1
    intent.save(update_fields=["status", "canceled_at", "cancellation_reason", "next_action", "version"])
    announce_payment(intent, events.PAYMENT_INTENT_CANCELED)
