"""Record what became of an increment: the one door for the answer of the call, the webhook and the inquiry."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from foundation import clock
from foundation.money import Money
from foundation.transactions import owns_transaction
from payments import events
from payments.locks import lock_attempt, lock_increment, lock_payment_intent
from payments.models import (
    AttemptStatus,
    AuthorizationIncrement,
    CaseKind,
    IncrementStatus,
    PaymentAttempt,
    PaymentIntent,
)
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
from payments.queries.payment_intents import get_increment
from payments.steps.announce import announce_payment
from payments.steps.follow_doubt import follow_doubt
from payments.steps.look_again import absence_proves, next_look
from payments.steps.open_case import open_case
from payments.steps.post_to_ledger import raise_authorization
from payments.steps.record_call import record_call
from payments.steps.report_amount import report_amount
from payments.steps.settle_intent import settle_intent
from payments.steps.use_resolution import PersonProof, use_proof
from payments.steps.weigh_attempt_outcome import claim_of


@owns_transaction
def record_increment_outcome(
    *,
    merchant_id: UUID,
    increment_id: UUID,
    outcome: InquiryOutcome,
    call: CallRecord | None,
    proof: PersonProof | None = None,
) -> AuthorizationIncrement:
    """Raise what is held, or leave it as it was.

    outcome: Succeeded carries the amount that is now authorized in all. proof: of people, in place of a PSP's word.
    Raises: ResourceMissing.
    Writes: the PSP call, the increment, the attempt, the intent, the hold, an event; a case.
    Safe to repeat: a decided increment stays as it is.
    """
    known = get_increment(merchant_id=merchant_id, increment_id=increment_id)
    intent = lock_payment_intent(merchant_id=merchant_id, payment_intent_id=known.attempt.payment_intent_id)
    attempt = lock_attempt(merchant_id=merchant_id, attempt_id=known.attempt_id)
    increment = lock_increment(merchant_id=merchant_id, increment_id=increment_id)
    increment.attempt = attempt
    if call is not None:
        record_call(
            call,
            psp_account=attempt.psp_account,
            subject_kind="increment",
            subject_id=increment.id,
            payment_intent_id=intent.id,
        )
    if proof is not None and not use_proof(
        proof, Subject("increment", increment, attempt, intent, attempt.psp_account)
    ):
        return increment
    now = clock.now()
    if not increment.is_undecided:
        _weigh(intent, attempt, increment, outcome)
    elif isinstance(outcome, Succeeded) and attempt.status == AttemptStatus.AUTHORIZED:
        _succeed(intent, attempt, increment, outcome, now)
    elif isinstance(outcome, Succeeded | Declined | Voided | NotSent) or (
        isinstance(outcome, NotFound) and absence_proves(increment, attempt.psp_account, now)
    ):
        _fail(increment, outcome, now)
    else:
        _stay_in_doubt(increment, outcome, attempt, now)
    follow_doubt(
        increment, subject_kind="increment", payment_intent_id=intent.id, account=attempt.psp_account
    )
    return increment


def _succeed(
    intent: PaymentIntent,
    attempt: PaymentAttempt,
    increment: AuthorizationIncrement,
    outcome: Succeeded,
    now: datetime,
) -> None:
    if outcome.amount != increment.amount:
        report_amount(
            intent,
            attempt,
            outcome.amount,
            asked=increment.amount,
            subject_kind="increment",
            subject_id=increment.id,
        )
        if outcome.amount.currency != attempt.currency or outcome.amount <= attempt.amount:
            # The issuer holds no more than before: the increment did nothing.
            _fail(increment, Declined(code="not_raised"), now)
            return
        increment.amount_minor = outcome.amount.amount_minor
    increment.succeed()
    increment.psp_reference = outcome.psp_reference
    increment.decided_at = now
    increment.next_check_at = None
    _save(increment)
    more = Money(increment.amount_minor - attempt.amount_minor, attempt.currency)
    raise_authorization(attempt, increment, more, at=now)
    attempt.amount_minor = increment.amount_minor
    attempt.save(update_fields=["amount_minor"])
    # As with Stripe: the payment is now of the larger amount.
    intent.amount_minor = increment.amount_minor
    intent.save(update_fields=["amount_minor"])
    settle_intent(intent, attempt)
    announce_payment(intent, events.PAYMENT_INTENT_AMOUNT_CAPTURABLE_UPDATED)


def _fail(increment: AuthorizationIncrement, outcome: InquiryOutcome, now: datetime) -> None:
    increment.fail()
    if isinstance(outcome, Declined):
        increment.failure_code, increment.decline_code = outcome.code[:64], outcome.decline_code[:64]
    else:
        increment.failure_code = outcome.word
    increment.decided_at = now
    increment.next_check_at = None
    _save(increment)


def _stay_in_doubt(
    increment: AuthorizationIncrement, outcome: InquiryOutcome, attempt: PaymentAttempt, now: datetime
) -> None:
    if isinstance(outcome, Pending):
        increment.psp_reference = outcome.psp_reference
        if increment.status != IncrementStatus.PENDING:
            increment.wait()
    elif increment.status != IncrementStatus.PENDING:
        # What learned nothing does not lower what the PSP has said before.
        increment.lose_sight()
        increment.unknown_reason = getattr(outcome, "reason", outcome.word)[:255]
    increment.next_check_at = next_look(increment, attempt.psp_account, now, outcome)
    _save(increment)


def _weigh(
    intent: PaymentIntent,
    attempt: PaymentAttempt,
    increment: AuthorizationIncrement,
    outcome: InquiryOutcome,
) -> None:
    if not isinstance(outcome, Succeeded) or increment.status != "failed":
        return
    open_case(
        merchant_id=increment.merchant_id,
        kind=CaseKind.CONTRADICTION,
        subject_kind="increment",
        subject_id=increment.id,
        payment_intent_id=intent.id,
        evidence={"recorded": increment.status, "psp_says": outcome.word, **claim_of(outcome)},
    )


def _save(increment: AuthorizationIncrement) -> None:
    increment.save(
        update_fields=[
            "status",
            "amount_minor",
            "psp_reference",
            "failure_code",
            "decline_code",
            "unknown_reason",
            "decided_at",
            "next_check_at",
        ]
    )
