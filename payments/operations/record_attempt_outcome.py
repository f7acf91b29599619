"""Record what became of an attempt: the one door for the answer of the call, the webhook and the inquiry."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.transactions import owns_transaction
from payments.locks import lock_attempt, lock_payment_intent
from payments.models import CaseKind, PaymentAttempt, PaymentIntent
from payments.psp.outcomes import CallRecord, InquiryOutcome
from payments.queries.payment_intents import find_undecided_capture
from payments.steps.apply_attempt_outcome import apply_attempt_outcome
from payments.steps.book_charge import return_charge
from payments.steps.close_cases import close_cases
from payments.steps.correct_attempt import correct_attempt
from payments.steps.open_case import open_case
from payments.steps.plan_retry import plan_retry
from payments.steps.record_call import keep_latency, record_call
from payments.steps.use_resolution import PersonProof
from payments.steps.weigh_attempt_outcome import (
    Verdict,
    claim_of,
    confirms_success,
    weigh_attempt_outcome,
)


@owns_transaction
def record_attempt_outcome(
    *,
    merchant_id: UUID,
    payment_intent_id: UUID,
    attempt_id: UUID,
    outcome: InquiryOutcome,
    call: CallRecord | None,
    proof: PersonProof | None = None,
) -> PaymentIntent:
    """Bring the attempt, its intent and the ledger in line with what the PSP said, or with what two people proved.

    call: the request that brought the outcome; None for a webhook. proof: of people, who may correct what is
    recorded. A late or contradictory answer of a PSP never lowers a proven state: it opens a case for a person;
    only a bank that takes its money back does, which is a movement of its own.
    Raises: ResourceMissing; with a proof CaseNotRecordable.
    Writes: the PSP call, the attempt, the intent; a capture and its ledger entry, or a hold; events; a case.
    Safe to repeat: an outcome that is known already changes nothing.
    """
    # Intent first, then attempt: the order of all locks on a payment.
    intent = lock_payment_intent(merchant_id=merchant_id, payment_intent_id=payment_intent_id)
    attempt = lock_attempt(merchant_id=merchant_id, attempt_id=attempt_id)
    if call is not None:
        keep_latency(attempt, call)
        record_call(
            call,
            psp_account=attempt.psp_account,
            subject_kind="attempt",
            subject_id=attempt.id,
            payment_intent_id=intent.id,
        )
    if proof is not None:
        correct_attempt(intent, attempt, outcome, proof=proof)
        return intent
    has_open_capture = find_undecided_capture(attempt) is not None
    verdict = weigh_attempt_outcome(attempt, outcome, has_open_capture=has_open_capture)
    _tell_people(intent, attempt, outcome, verdict, is_fresh=call is not None)
    if verdict is Verdict.RETURNS:
        return_charge(intent, attempt, error_code=getattr(outcome, "code", ""), now=clock.now())
    if verdict is Verdict.APPLIES:
        apply_attempt_outcome(intent, attempt, outcome)
        plan_retry(intent, attempt, outcome)
    elif attempt.next_check_at is not None and attempt.void_requested_at is None:
        # Decided already: there is nothing left to look for.
        attempt.next_check_at = None
        attempt.save(update_fields=["next_check_at"])
    return intent


def _tell_people(
    intent: PaymentIntent,
    attempt: PaymentAttempt,
    outcome: InquiryOutcome,
    verdict: Verdict,
    *,
    is_fresh: bool,
) -> None:
    """A contradiction opens a case; the PSP's fresh word that our books are right ends one."""
    if verdict is Verdict.CONTRADICTS:
        open_case(
            merchant_id=attempt.merchant_id,
            kind=CaseKind.CONTRADICTION,
            subject_kind="attempt",
            subject_id=attempt.id,
            payment_intent_id=intent.id,
            evidence={
                "recorded": attempt.status,
                "psp_says": outcome.word,
                "psp_reference": attempt.psp_reference,
                **claim_of(outcome),
            },
        )
    if verdict is Verdict.KNOWN and is_fresh and confirms_success(attempt, outcome):
        close_cases(
            merchant_id=attempt.merchant_id,
            subject_kind="attempt",
            subject_id=attempt.id,
            kinds=[CaseKind.CONTRADICTION],
        )
