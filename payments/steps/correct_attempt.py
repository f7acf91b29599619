"""Correct a charge by the word of two people: the only way in which a proven state is lifted or lowered."""

from __future__ import annotations

from datetime import datetime, timedelta

from foundation import clock
from foundation.context import current
from foundation.ids import new_id
from foundation.transactions import joins_transaction
from payments import events
from payments.errors import CaseNotRecordable
from payments.models import AttemptStatus, PaymentAttempt, PaymentIntent, Refund
from payments.models.attempts import ENDED_WITHOUT_MONEY
from payments.models.case_subjects import RELEASED, TAKEN, Subject
from payments.psp.outcomes import InquiryOutcome, Succeeded
from payments.schedules import SUBMISSION_LEASE_SECONDS
from payments.steps.announce import announce_payment, announce_refund
from payments.steps.apply_attempt_outcome import SAVED_FIELDS, apply_attempt_outcome
from payments.steps.book_charge import book_whole_capture, return_charge
from payments.steps.post_to_ledger import hold_authorization, release_authorization, settle_authorization
from payments.steps.refuse_while_moving import refuse_while_moving
from payments.steps.settle_intent import settle_intent
from payments.steps.stage_refund import stage_refund
from payments.steps.use_resolution import PersonProof, use_proof

CORRECTED = "corrected_by_people"


@joins_transaction
def correct_attempt(
    intent: PaymentIntent, attempt: PaymentAttempt, outcome: InquiryOutcome, *, proof: PersonProof
) -> None:
    """Record what two people proved. The intent and the attempt are locked.

    Raises CaseNotRecordable. Writes: as apply_attempt_outcome; a correcting entry; a refund of what was taken
    twice, with its job; the resolution and its case. A proof that no longer holds changes nothing."""
    if not use_proof(proof, Subject("attempt", attempt, attempt, intent, attempt.psp_account)):
        return
    now = clock.now()
    if attempt.is_undecided:
        apply_attempt_outcome(intent, attempt, outcome)
    elif isinstance(outcome, Succeeded):
        _lift(intent, attempt, outcome, now)
    else:
        _lower(intent, attempt, now)


def refuse_unless_liftable(intent: PaymentIntent, attempt: PaymentAttempt, *, takes_money: bool) -> None:
    """Raises CaseNotRecordable for a hold that can not stand beside another try, or after its release."""
    if not takes_money and (attempt.status in RELEASED or _paid_otherwise(intent, attempt)):
        raise CaseNotRecordable(
            "A hold can not be taken up again beside another try, or after it was released: let it expire at the PSP."
        )


def _paid_otherwise(intent: PaymentIntent, attempt: PaymentAttempt) -> bool:
    latest = intent.latest_attempt
    return latest is not None and latest.id != attempt.id and latest.is_live


def _lift(intent: PaymentIntent, attempt: PaymentAttempt, outcome: Succeeded, now: datetime) -> None:
    refuse_unless_liftable(intent, attempt, takes_money=outcome.captured is not None)
    attempt.psp_reference = outcome.psp_reference or attempt.psp_reference
    attempt.psp_charge_reference = outcome.psp_charge_reference or attempt.psp_charge_reference
    attempt.decided_at, attempt.next_check_at, attempt.void_requested_at = now, None, None
    attempt.error_code = attempt.decline_code = ""
    paid_otherwise = _paid_otherwise(intent, attempt)
    if outcome.captured is None:
        _hold_again(attempt, outcome, now)
        types = [events.PAYMENT_INTENT_AMOUNT_CAPTURABLE_UPDATED, events.CHARGE_SUCCEEDED]
    else:
        capture = book_whole_capture(intent, attempt, outcome, now=now)
        if attempt.status == AttemptStatus.AUTHORIZED:
            settle_authorization(attempt, capture, attempt.amount, at=now)
            attempt.succeed()
        elif paid_otherwise:
            attempt.correct_to_returned()
        else:
            attempt.correct_to_succeeded()
        types = [events.PAYMENT_INTENT_SUCCEEDED, events.CHARGE_SUCCEEDED]
    attempt.save(update_fields=[*SAVED_FIELDS, "void_requested_at"])
    if paid_otherwise:
        _give_back(intent, attempt, now)
        return
    intent.canceled_at, intent.cancellation_reason = None, ""
    intent.payment_method_id = intent.payment_method_id or attempt.payment_method_id
    settle_intent(intent, attempt)
    announce_payment(intent, *types, attempt=attempt)


def _hold_again(attempt: PaymentAttempt, outcome: Succeeded, now: datetime) -> None:
    attempt.amount_minor = outcome.amount.amount_minor
    attempt.correct_to_authorized()
    attempt.authorization_expires_at = now + timedelta(days=attempt.psp_account.authorization_days)
    hold_authorization(attempt, at=now)


def _give_back(intent: PaymentIntent, attempt: PaymentAttempt, now: datetime) -> None:
    """The customer paid twice: what this charge took is promised back in full."""
    refund = Refund(
        id=new_id(),
        merchant_id=attempt.merchant_id,
        payment_intent=intent,
        attempt=attempt,
        amount_minor=attempt.amount_captured_minor,
        currency=attempt.currency,
        reason="duplicate",
        note="Charged a second time, against the record.",
        requested_by=current().actor[:128],
        next_check_at=now + timedelta(seconds=SUBMISSION_LEASE_SECONDS),
        request_id=current().request_id,
        trace_id=current().trace_id,
    )
    refund.psp_key = refund.public_id
    refund.save(force_insert=True)
    announce_refund(refund, events.REFUND_CREATED, intent=intent)
    stage_refund(refund)


def _lower(intent: PaymentIntent, attempt: PaymentAttempt, now: datetime) -> None:
    if attempt.status in TAKEN:
        refuse_while_moving(attempt)
        return_charge(intent, attempt, error_code=CORRECTED, now=now)
        return
    if attempt.status in ENDED_WITHOUT_MONEY:
        return
    attempt.correct_to_declined()
    attempt.error_code = CORRECTED
    attempt.decided_at, attempt.next_check_at, attempt.void_requested_at = now, None, None
    attempt.save(update_fields=[*SAVED_FIELDS, "void_requested_at"])
    release_authorization(attempt, has_expired=False, at=now)
    settle_intent(intent, attempt)
    announce_payment(intent, events.PAYMENT_INTENT_PAYMENT_FAILED, events.CHARGE_FAILED, attempt=attempt)
