"""Record that an account refused a try, and open the next one elsewhere in the same transaction."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.transactions import owns_transaction
from payments.errors import PaymentMethodUnusable, PspNotConfigured
from payments.locks import lock_attempt, lock_payment_intent
from payments.models import AttemptStatus, PaymentAttempt, PaymentIntent
from payments.psp.outcomes import CallRecord, Declined, InquiryOutcome
from payments.queries.card_tries import list_declined_tries
from payments.queries.customers import get_payment_method
from payments.queries.psp_orders import AttemptOrder
from payments.retrying import decline_category, may_try_again
from payments.routing.failover import Tries
from payments.steps.apply_attempt_outcome import apply_attempt_outcome
from payments.steps.choose_account import Choice, choose_account
from payments.steps.open_attempt import open_attempt
from payments.steps.record_call import keep_latency, record_call


@owns_transaction
def fail_over(
    *,
    merchant_id: UUID,
    payment_intent_id: UUID,
    attempt_id: UUID,
    outcome: InquiryOutcome,
    call: CallRecord | None,
    tries: Tries,
) -> AttemptOrder | None:
    """The order of the next try, already submitting; None, with nothing written, when there is nowhere to go.

    outcome: what certainly did not happen (Tries.may_go_on). The refusal is told as charge.failed only: the payment
    itself has not failed while it is being tried elsewhere.
    Raises: ResourceMissing.
    Writes: the PSP call, the attempt, the intent, events; the next attempt with its decision.
    Safe to repeat: an attempt that is decided already opens nothing.
    """
    intent = lock_payment_intent(merchant_id=merchant_id, payment_intent_id=payment_intent_id)
    attempt = lock_attempt(merchant_id=merchant_id, attempt_id=attempt_id)
    choice = _next_choice(intent, attempt, outcome, tries)
    if choice is None:
        return None
    if call is not None:
        keep_latency(attempt, call)
        record_call(
            call,
            psp_account=attempt.psp_account,
            subject_kind="attempt",
            subject_id=attempt.id,
            payment_intent_id=intent.id,
        )
    apply_attempt_outcome(intent, attempt, outcome, fails_over=True)
    return open_attempt(intent, in_background=False, failover=choice)


def _next_choice(
    intent: PaymentIntent, attempt: PaymentAttempt, outcome: InquiryOutcome, tries: Tries
) -> Choice | None:
    # Somebody else may have decided it, or given the payment up, while the PSP was at work.
    is_ours = attempt.status == AttemptStatus.SUBMITTING and intent.latest_attempt_id == attempt.id
    if not is_ours or intent.canceled_at is not None or attempt.void_requested_at is not None:
        return None
    method = get_payment_method(merchant_id=intent.merchant_id, payment_method_id=attempt.payment_method_id)
    if isinstance(outcome, Declined) and not _networks_permit(attempt, method.brand, outcome):
        return None
    try:
        choice = choose_account(intent, method, tried=tries.tried)
    except (PspNotConfigured, PaymentMethodUnusable):
        return None
    return choice if tries.has_time_for(choice.token.psp_account.deadline_seconds) else None


def _networks_permit(attempt: PaymentAttempt, network: str, outcome: Declined) -> bool:
    now = clock.now()
    earlier = list_declined_tries(
        merchant_id=attempt.merchant_id, payment_method_id=attempt.payment_method_id, now=now
    )
    permit = may_try_again(
        network=network.lower(),
        advice_code=outcome.advice_code,
        category=decline_category(outcome.code, outcome.decline_code),
        # The one that was just declined counts as well.
        tries=[*earlier, now],
        now=now,
    )
    return permit.allowed
