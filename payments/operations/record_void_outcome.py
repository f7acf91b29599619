"""Record what became of a void: the one door for the answer of the call, the webhook and the inquiry."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.transactions import owns_transaction
from payments.locks import lock_attempt, lock_payment_intent
from payments.models import PaymentIntent
from payments.psp.outcomes import CallRecord, Declined, InquiryOutcome, Succeeded, Voided
from payments.queries.payment_intents import get_attempt
from payments.schedules import next_unknown_look_at
from payments.steps.apply_attempt_outcome import apply_attempt_outcome
from payments.steps.record_call import record_call


@owns_transaction
def record_void_outcome(
    *, merchant_id: UUID, attempt_id: UUID, outcome: InquiryOutcome, call: CallRecord | None
) -> PaymentIntent:
    """Release the authorization, withdraw the wish to void, or keep asking.

    Raises: ResourceMissing.
    Writes: the PSP call, the attempt, the intent, the hold, events.
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
    if isinstance(outcome, Voided):
        apply_attempt_outcome(intent, attempt, outcome)
        return intent
    if isinstance(outcome, Declined | Succeeded):
        # Refused, or captured meanwhile: the authorization stands as it was. A PSP that refuses has a reason, which
        # is asked for: the money may be taken already.
        attempt.void_requested_at = None
        attempt.next_check_at = clock.now()
        intent.cancellation_reason = ""
        intent.save(update_fields=["cancellation_reason"])
    else:
        now = clock.now()
        attempt.next_check_at = next_unknown_look_at(
            submitted_at=attempt.void_requested_at,
            now=now,
            maximum_report_delay_seconds=attempt.psp_account.maximum_report_delay_seconds,
        )
    attempt.save(update_fields=["void_requested_at", "next_check_at"])
    return intent
