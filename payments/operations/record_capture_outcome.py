"""Record what became of a capture: the one door for the answer of the call, the webhook and the inquiry."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from foundation import clock
from foundation.money import Money
from foundation.transactions import owns_transaction
from payments import events
from payments.locks import lock_attempt, lock_capture, lock_payment_intent
from payments.models import Capture, CaptureStatus, CaseKind, PaymentAttempt, PaymentIntent
from payments.models.attempts import CAPTURABLE, ENDED_WITHOUT_MONEY
from payments.models.case_subjects import Subject
from payments.psp.outcomes import (
    CallRecord,
    Declined,
    InquiryOutcome,
    NotFound,
    NotSent,
    Pending,
    Succeeded,
    Voided,
)
from payments.queries.payment_intents import get_capture
from payments.steps.announce import announce_payment
from payments.steps.fee_of_outcome import bookable_fee, fee_is_awaited
from payments.steps.follow_doubt import follow_doubt
from payments.steps.look_again import absence_proves, next_look
from payments.steps.open_case import open_case
from payments.steps.post_to_ledger import post_capture, post_late_fee, settle_authorization
from payments.steps.record_call import record_call
from payments.steps.report_amount import report_amount
from payments.steps.return_capture import return_capture
from payments.steps.settle_intent import settle_intent
from payments.steps.use_resolution import PersonProof, use_proof
from payments.steps.weigh_attempt_outcome import claim_of

FEE_LOOK_SECONDS = 10


@owns_transaction
def record_capture_outcome(
    *,
    merchant_id: UUID,
    capture_id: UUID,
    outcome: InquiryOutcome,
    call: CallRecord | None,
    proof: PersonProof | None = None,
) -> Capture:
    """Bring the capture, its charge, the intent and the ledger in line with what the PSP said.

    proof: of people, who may also lift a capture that was recorded as failed, and reverse one that succeeded.
    Raises: ResourceMissing, CaseNotRecordable.
    Writes: the PSP call, the capture, the attempt, the intent, the ledger entry and the hold, events, a case.
    Safe to repeat: a decided capture stays as it is, but for a fee that was missing.
    """
    known = get_capture(merchant_id=merchant_id, capture_id=capture_id)
    intent = lock_payment_intent(merchant_id=merchant_id, payment_intent_id=known.attempt.payment_intent_id)
    attempt = lock_attempt(merchant_id=merchant_id, attempt_id=known.attempt_id)
    capture = lock_capture(merchant_id=merchant_id, capture_id=capture_id)
    capture.attempt = attempt
    if call is not None:
        record_call(
            call,
            psp_account=attempt.psp_account,
            subject_kind="capture",
            subject_id=capture.id,
            payment_intent_id=intent.id,
        )
    now = clock.now()
    if proof is not None and not use_proof(
        proof, Subject("capture", capture, attempt, intent, attempt.psp_account)
    ):
        return capture
    if proof is not None and isinstance(outcome, Succeeded):
        _succeed(intent, attempt, capture, outcome, now)
    elif proof is not None and capture.status == CaptureStatus.SUCCEEDED:
        return_capture(intent, attempt, capture, now=now)
        return get_capture(merchant_id=merchant_id, capture_id=capture_id)
    elif not capture.is_undecided:
        _complete(intent, attempt, capture, outcome, now)
    elif isinstance(outcome, Succeeded):
        _succeed(intent, attempt, capture, outcome, now)
    elif isinstance(outcome, Declined | Voided | NotSent):
        _fail(capture, outcome, now)
    elif isinstance(outcome, NotFound) and absence_proves(capture, attempt.psp_account, now):
        _fail(capture, NotSent(reason="not_found"), now)
    else:
        _stay_in_doubt(capture, outcome, attempt, now)
    follow_doubt(capture, subject_kind="capture", payment_intent_id=intent.id, account=attempt.psp_account)
    return capture


def _succeed(
    intent: PaymentIntent, attempt: PaymentAttempt, capture: Capture, outcome: Succeeded, now: datetime
) -> None:
    held = Money(attempt.amount_minor - attempt.amount_captured_minor, attempt.currency)
    moved = outcome.captured or outcome.amount
    if moved != capture.amount:
        report_amount(
            intent, attempt, moved, asked=capture.amount, subject_kind="capture", subject_id=capture.id
        )
        capture.amount_minor, capture.currency = moved.amount_minor, moved.currency
    had_failed = capture.status == CaptureStatus.FAILED
    if had_failed:
        capture.correct_to_succeeded()
        capture.failure_code = ""
    else:
        capture.succeed()
    fee = bookable_fee(outcome, capture.currency)
    capture.fee_minor = fee.amount_minor if fee else None
    capture.psp_reference = outcome.psp_charge_reference or outcome.psp_reference
    capture.decided_at = now
    capture.next_check_at = now + timedelta(seconds=FEE_LOOK_SECONDS) if fee_is_awaited(outcome) else None
    attempt.psp_charge_reference = outcome.psp_charge_reference or attempt.psp_charge_reference
    attempt.amount_captured_minor += capture.amount_minor
    attempt.fee_minor += capture.fee_minor or 0
    capture.ledger_entry_id = attempt.ledger_entry_id = post_capture(capture, attempt, intent, at=now)
    is_held = attempt.status in CAPTURABLE
    if is_held:
        settle_authorization(attempt, capture, held, at=now)
    if not is_held:
        # Taken by the PSP after the hold had ended here.
        if attempt.status in ENDED_WITHOUT_MONEY:
            attempt.correct_to_succeeded()
            intent.canceled_at, intent.cancellation_reason = None, ""
        types = [events.CHARGE_CAPTURED, events.PAYMENT_INTENT_SUCCEEDED]
    elif capture.is_final or attempt.amount_captured_minor >= attempt.amount_minor:
        attempt.succeed()
        types = [events.CHARGE_CAPTURED, events.PAYMENT_INTENT_SUCCEEDED]
    else:
        attempt.capture_part()
        types = [events.CHARGE_CAPTURED, events.PAYMENT_INTENT_AMOUNT_CAPTURABLE_UPDATED]
    _save(capture)
    attempt.save(
        update_fields=[
            "status",
            "amount_captured_minor",
            "fee_minor",
            "psp_charge_reference",
            "ledger_entry_id",
        ]
    )
    settle_intent(intent, attempt)
    announce_payment(intent, *types, attempt=attempt)


def _fail(capture: Capture, outcome: Declined | Voided | NotSent, now: datetime) -> None:
    capture.fail()
    capture.failure_code = (outcome.code if isinstance(outcome, Declined) else outcome.word)[:64]
    capture.decided_at = now
    capture.next_check_at = None
    _save(capture)


def _stay_in_doubt(capture: Capture, outcome: InquiryOutcome, attempt: PaymentAttempt, now: datetime) -> None:
    if isinstance(outcome, Pending):
        capture.psp_reference = outcome.psp_reference
        if capture.status != CaptureStatus.PENDING:
            capture.wait()
    elif capture.status != CaptureStatus.PENDING:
        # What learned nothing does not lower what the PSP has said before.
        capture.lose_sight()
        capture.unknown_reason = getattr(outcome, "reason", outcome.word)[:255]
    capture.next_check_at = next_look(capture, attempt.psp_account, now, outcome)
    _save(capture)


def _complete(
    intent: PaymentIntent, attempt: PaymentAttempt, capture: Capture, outcome: InquiryOutcome, now: datetime
) -> None:
    """A decided capture: take in a fee that was missing; a contradiction goes to a person."""
    took_back = isinstance(outcome, Declined) and capture.status == CaptureStatus.SUCCEEDED
    is_of_it = took_back and getattr(outcome, "psp_reference", "") in ("", capture.psp_reference)
    if is_of_it or (isinstance(outcome, Succeeded) and capture.status == CaptureStatus.FAILED):
        open_case(
            merchant_id=capture.merchant_id,
            kind=CaseKind.CONTRADICTION,
            subject_kind="capture",
            subject_id=capture.id,
            payment_intent_id=intent.id,
            evidence={
                "recorded": capture.status,
                "psp_says": outcome.word,
                "amount": str(getattr(outcome, "amount", capture.amount)),
                **claim_of(outcome),
            },
        )
        return
    if capture.status != CaptureStatus.SUCCEEDED or capture.fee_minor is not None:
        return
    # A fee that comes with another amount is that of a later capture on the same charge.
    is_ours = isinstance(outcome, Succeeded) and outcome.captured in (None, capture.amount)
    fee = bookable_fee(outcome, capture.currency) if isinstance(outcome, Succeeded) and is_ours else None
    is_over = isinstance(outcome, Succeeded) and is_ours and not fee_is_awaited(outcome)
    capture.next_check_at = None if is_over else next_look(capture, attempt.psp_account, now, outcome)
    if fee is not None:
        capture.fee_minor = fee.amount_minor
        attempt.fee_minor += fee.amount_minor
        if not fee.is_zero:
            post_late_fee(capture, attempt, at=now)
        attempt.save(update_fields=["fee_minor"])
    _save(capture)


def _save(capture: Capture) -> None:
    capture.save(
        update_fields=[
            "status",
            "amount_minor",
            "currency",
            "fee_minor",
            "psp_reference",
            "failure_code",
            "unknown_reason",
            "decided_at",
            "next_check_at",
            "ledger_entry_id",
        ]
    )
