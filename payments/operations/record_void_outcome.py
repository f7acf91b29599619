"""Record what became of a void: the one door for the answer of the call, the webhook and the inquiry."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.transactions import owns_transaction
from payments.locks import lock_attempt, lock_payment_intent
from payments.models import AttemptStatus, PaymentAttempt, PaymentIntent
from payments.models.case_subjects import Subject
from payments.psp.outcomes import CallRecord, Declined, InquiryOutcome, Succeeded, Voided
from payments.queries.payment_intents import get_attempt
from payments.schedules import absence_is_proof, next_unknown_look_at
from payments.steps.apply_attempt_outcome import apply_attempt_outcome
from payments.steps.follow_doubt import end_doubt, report_doubt
from payments.steps.record_call import record_call
from payments.steps.use_resolution import PersonProof, use_proof

ABANDONED = "abandoned"


@owns_transaction
def record_void_outcome(
    *,
    merchant_id: UUID,
    attempt_id: UUID,
    outcome: InquiryOutcome,
    call: CallRecord | None,
    proof: PersonProof | None = None,
) -> PaymentIntent:
    """Release the authorization, withdraw the wish to void, or keep asking.

    proof: of people, in place of a PSP's word.
    Raises: ResourceMissing.
    Writes: the PSP call, the attempt, the intent, the hold, events; a case for what stays in doubt too long.
    Safe to repeat: an attempt that is released already stays so.
    """
    known = get_attempt(merchant_id=merchant_id, attempt_id=attempt_id)
    intent = lock_payment_intent(merchant_id=merchant_id, payment_intent_id=known.payment_intent_id)
    attempt = lock_attempt(merchant_id=merchant_id, attempt_id=attempt_id)
    if call is not None:
        record_call(
            call,
            psp_account=attempt.psp_account,
            subject_kind="attempt",
            subject_id=attempt.id,
            payment_intent_id=intent.id,
        )
    if attempt.void_requested_at is None or not attempt.is_live:
        return intent
    if proof is not None and not use_proof(
        proof, Subject("void", attempt, attempt, intent, attempt.psp_account)
    ):
        return intent
    if isinstance(outcome, Voided):
        apply_attempt_outcome(intent, attempt, outcome)
    elif isinstance(outcome, Declined | Succeeded):
        _withdraw(intent, attempt)
    else:
        _ask_again(intent, attempt, outcome)
    if isinstance(outcome, Voided | Declined | Succeeded):
        end_doubt(attempt, "void")
    return intent


def _withdraw(intent: PaymentIntent, attempt: PaymentAttempt) -> None:
    """Refused, or captured meanwhile: the authorization stands as it was. A PSP that refuses has a reason, which is
    asked for: the money may be taken already."""
    was_abandoned = intent.cancellation_reason == ABANDONED
    attempt.void_requested_at = None
    attempt.next_check_at = clock.now()
    attempt.save(update_fields=["void_requested_at", "next_check_at"])
    intent.cancellation_reason = ""
    intent.save(update_fields=["cancellation_reason"])
    if was_abandoned and attempt.status == AttemptStatus.REQUIRES_ACTION:
        # The customer went away, and the PSP does not let it go: a person has to.
        report_doubt(attempt, "attempt", intent.id, "abandoned_action")


def _ask_again(intent: PaymentIntent, attempt: PaymentAttempt, outcome: InquiryOutcome) -> None:
    assert attempt.void_requested_at is not None, "it was just looked at"
    now, delay = clock.now(), attempt.psp_account.maximum_report_delay_seconds
    attempt.next_check_at = next_unknown_look_at(
        submitted_at=attempt.void_requested_at, now=now, maximum_report_delay_seconds=delay
    )
    attempt.save(update_fields=["next_check_at"])
    if absence_is_proof(submitted_at=attempt.void_requested_at, now=now, maximum_report_delay_seconds=delay):
        report_doubt(attempt, "void", intent.id, getattr(outcome, "reason", outcome.word))
