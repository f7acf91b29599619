"""Request a capture: refuse or promise it, with its key on disk before the PSP hears of it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from foundation import clock
from foundation.context import current
from foundation.jobs.staging import stage_job
from foundation.money import Money
from foundation.transactions import owns_transaction
from payments.errors import CaptureExceedsAuthorized, EarlierOperationUnresolved, UnexpectedState
from payments.locks import lock_attempt, lock_payment_intent
from payments.models import AttemptStatus, Capture, PaymentAttempt
from payments.queries.payment_intents import find_undecided_capture, find_undecided_increment
from payments.schedules import SUBMISSION_LEASE_SECONDS

CAPTURABLE = (AttemptStatus.AUTHORIZED, AttemptStatus.PARTIALLY_CAPTURED)


@owns_transaction
def request_capture(
    *,
    merchant_id: UUID,
    payment_intent_id: UUID,
    capture_id: UUID,
    amount: Money | None = None,
    is_final: bool = True,
    in_background: bool = False,
) -> Capture:
    """Promise to capture `amount` (minor units, currency of the payment; None: all that is capturable).

    is_final: what is not captured is released. in_background: a worker sends it (a job is staged); otherwise the
    caller runs execute_capture at once, and the sweep finds it should the caller die.
    Raises: ResourceMissing, UnexpectedState, CaptureExceedsAuthorized, EarlierOperationUnresolved.
    Writes: the capture; a person's act in the payment's history; with in_background a job.
    Safe to repeat: the same capture_id finds its capture; one that never reached the PSP is made ready to be sent
    again, with the same key.
    """
    # Locked before the balance is read: two agents pressing Capture together must not both pass.
    intent = lock_payment_intent(merchant_id=merchant_id, payment_intent_id=payment_intent_id)
    if intent.latest_attempt_id is None:
        raise UnexpectedState(f"A payment in status {intent.status} has nothing to capture.")
    attempt = lock_attempt(merchant_id=merchant_id, attempt_id=intent.latest_attempt_id)
    existing = Capture.objects.for_merchant(merchant_id).filter(pk=capture_id).first()
    if existing is not None:
        if existing.was_never_sent:
            _try_again(existing, attempt)
        return existing
    amount = refuse_unless_capturable(attempt, amount)
    capture = Capture(
        id=capture_id,
        merchant_id=merchant_id,
        attempt=attempt,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        is_final=is_final,
        requested_by=current().actor[:128],
        next_check_at=clock.now() + timedelta(seconds=SUBMISSION_LEASE_SECONDS),
        request_id=current().request_id,
        trace_id=current().trace_id,
    )
    capture.psp_key = capture.public_id
    capture.save(force_insert=True)
    if current().is_person:
        # The payment's history keeps who asked, and why.
        intent.version += 1
        intent.save(update_fields=["version"])
    if in_background:
        stage_job(
            "payments.execute_capture",
            {"merchant_id": str(merchant_id), "capture_id": str(capture_id)},
            merchant_id=merchant_id,
        )
    return capture


def _try_again(capture: Capture, attempt: PaymentAttempt) -> None:
    refuse_unless_capturable(attempt, capture.amount)
    capture.try_again()
    capture.failure_code = ""
    capture.decided_at = None
    capture.next_check_at = clock.now() + timedelta(seconds=SUBMISSION_LEASE_SECONDS)
    capture.save(update_fields=["status", "failure_code", "decided_at", "next_check_at"])


def refuse_unless_capturable(attempt: PaymentAttempt, amount: Money | None) -> Money:
    """The amount to capture, or a refusal. The attempt is locked."""
    if attempt.status not in CAPTURABLE:
        raise UnexpectedState(f"A charge in status {attempt.status} can not be captured.")
    busy = attempt.void_requested_at is not None or find_undecided_capture(attempt) is not None
    if busy or find_undecided_increment(attempt) is not None:
        raise EarlierOperationUnresolved()
    left = Money(attempt.amount_minor - attempt.amount_captured_minor, attempt.currency)
    amount = amount or left
    if amount > left:
        raise CaptureExceedsAuthorized(
            f"{amount} is more than the {left} that can still be captured.", param="amount_to_capture"
        )
    return amount
