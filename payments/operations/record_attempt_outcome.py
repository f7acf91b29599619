"""Record what became of an attempt: the one door for the answer of the call, the webhook and the inquiry."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from payments.locks import lock_attempt, lock_payment_intent
from payments.models import CaseKind, PaymentIntent
from payments.psp.outcomes import CallRecord, InquiryOutcome
from payments.queries.payment_intents import find_undecided_capture
from payments.steps.apply_attempt_outcome import apply_attempt_outcome
from payments.steps.open_case import open_case
from payments.steps.record_call import record_call
from payments.steps.weigh_attempt_outcome import Verdict, weigh_attempt_outcome


@owns_transaction
def record_attempt_outcome(
    *,
    merchant_id: UUID,
    payment_intent_id: UUID,
    attempt_id: UUID,
    outcome: InquiryOutcome,
    call: CallRecord | None,
) -> PaymentIntent:
    """Bring the attempt, its intent and the ledger in line with what the PSP said.

    call: the request that brought the outcome; None for a webhook.
    A late or contradictory answer never lowers a proven state: it opens a case for a person.
    Raises: ResourceMissing.
    Writes: the PSP call, the attempt, the intent; a capture and its ledger entry, or a hold; events; a case.
    Safe to repeat: an outcome that is known already changes nothing.
    """
    # Intent first, then attempt: the order of all locks on a payment.
    intent = lock_payment_intent(merchant_id=merchant_id, payment_intent_id=payment_intent_id)
    attempt = lock_attempt(merchant_id=merchant_id, attempt_id=attempt_id)
    if call is not None:
        record_call(
            call,
            psp_account=attempt.psp_account,
            subject_kind="attempt",
            subject_id=attempt.id,
            payment_intent_id=intent.id,
        )
    has_open_capture = find_undecided_capture(attempt) is not None
    verdict = weigh_attempt_outcome(attempt, outcome, has_open_capture=has_open_capture)
    if verdict is Verdict.CONTRADICTS:
        open_case(
            merchant_id=merchant_id,
            kind=CaseKind.CONTRADICTION,
            subject_kind="attempt",
            subject_id=attempt.id,
            payment_intent_id=intent.id,
            evidence={
                "recorded": attempt.status,
                "psp_says": outcome.word,
                "psp_reference": attempt.psp_reference,
            },
        )
    if verdict is Verdict.APPLIES:
        apply_attempt_outcome(intent, attempt, outcome)
    elif attempt.next_check_at is not None and attempt.void_requested_at is None:
        # Decided already: there is nothing left to look for.
        attempt.next_check_at = None
        attempt.save(update_fields=["next_check_at"])
    return intent
