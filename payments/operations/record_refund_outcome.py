"""Record what became of a refund: the one door for the worker, the PSP's webhook and the inquiry."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from foundation import clock
from foundation.resilience.retries import backoff_seconds
from foundation.transactions import owns_transaction
from payments import events
from payments.errors import CaseNotRecordable
from payments.locks import lock_attempt, lock_payment_intent, lock_refund
from payments.models import CaseKind, PaymentAttempt, PaymentIntent, Refund, RefundStatus
from payments.models.case_subjects import Subject
from payments.psp.outcomes import (
    CallRecord,
    Declined,
    InquiryOutcome,
    NotFound,
    NotSent,
    Pending,
    Succeeded,
    Unknown,
    Voided,
)
from payments.queries.payment_intents import get_refund, is_promised_twice
from payments.steps.announce import announce_refund
from payments.steps.follow_doubt import follow_doubt
from payments.steps.hold_funds import DISPUTED
from payments.steps.look_again import absence_proves, next_look
from payments.steps.open_case import open_case
from payments.steps.post_to_ledger import post_refund, post_refund_return
from payments.steps.record_call import record_call
from payments.steps.report_amount import report_amount
from payments.steps.use_resolution import PersonProof, use_proof
from payments.steps.weigh_attempt_outcome import claim_of

RESEND_BASE_SECONDS = 5
RESEND_CAP_SECONDS = 3_600
GIVE_UP_SECONDS = 86_400
"""A promise is kept for a day, which is also how long the PSP remembers our key."""
REFUND_FAILED = "refund_failed"
"""What a connector calls a refund that the PSP took and the bank did not."""


@owns_transaction
def record_refund_outcome(
    *,
    merchant_id: UUID,
    refund_id: UUID,
    outcome: InquiryOutcome,
    call: CallRecord | None,
    proof: PersonProof | None = None,
) -> Refund:
    """Bring the refund, its charge and the ledger in line with what the PSP said.

    proof: of people, who may also lift a refund that was recorded as failed.
    Raises: ResourceMissing; with a proof CaseNotRecordable.
    Writes: the PSP call, the refund, the attempt, the ledger entry, events, a case.
    Safe to repeat: an outcome that is known already changes nothing.
    """
    known = get_refund(merchant_id=merchant_id, refund_id=refund_id)
    intent = lock_payment_intent(merchant_id=merchant_id, payment_intent_id=known.payment_intent_id)
    attempt = lock_attempt(merchant_id=merchant_id, attempt_id=known.attempt_id)
    refund = lock_refund(merchant_id=merchant_id, refund_id=refund_id)
    if call is not None:
        record_call(
            call,
            psp_account=attempt.psp_account,
            subject_kind="refund",
            subject_id=refund.id,
            payment_intent_id=intent.id,
        )
    now = clock.now()
    if proof is not None:
        if not use_proof(proof, Subject("refund", refund, attempt, intent, attempt.psp_account)):
            return refund
        refuse_unless_bookable(attempt, outcome)
    if proof is not None and isinstance(outcome, Succeeded):
        _succeed(intent, attempt, refund, outcome, now)
    elif refund.is_undecided:
        _decide(intent, attempt, refund, outcome, now)
    elif refund.status == RefundStatus.SUCCEEDED and _is_return(refund, outcome):
        _take_back(intent, attempt, refund, outcome, now)
    elif refund.status in (RefundStatus.FAILED, RefundStatus.CANCELED) and isinstance(outcome, Succeeded):
        _ask_a_person(intent, refund, outcome)
    follow_doubt(refund, subject_kind="refund", payment_intent_id=intent.id, account=attempt.psp_account)
    return refund


def _decide(
    intent: PaymentIntent, attempt: PaymentAttempt, refund: Refund, outcome: InquiryOutcome, now: datetime
) -> None:
    if isinstance(outcome, Succeeded) and not _can_be_booked(attempt, outcome):
        # In another currency, or more than is there to refund: a person has to look.
        _report_amount(intent, attempt, refund, outcome)
        outcome = Unknown(reason="amount_differs")
    if isinstance(outcome, Succeeded):
        _succeed(intent, attempt, refund, outcome, now)
    elif isinstance(outcome, Declined | Voided):
        _fail(intent, refund, outcome, now)
    elif isinstance(outcome, Pending):
        _wait(intent, attempt, refund, outcome, now)
    elif isinstance(outcome, NotSent) or (
        isinstance(outcome, NotFound) and absence_proves(refund, attempt.psp_account, now)
    ):
        _send_again_later(intent, attempt, refund, now)
    else:
        # An inquiry that learned nothing does not lower what the PSP has said before.
        if refund.status == RefundStatus.SUBMITTING:
            refund.lose_sight()
            refund.unknown_reason = getattr(outcome, "reason", outcome.word)[:255]
        refund.next_check_at = next_look(refund, attempt.psp_account, now, outcome)
        _save(refund)


def refuse_unless_bookable(attempt: PaymentAttempt, outcome: InquiryOutcome) -> None:
    """Raises CaseNotRecordable for a refund in another currency, or above what is there to refund."""
    if isinstance(outcome, Succeeded) and not _can_be_booked(attempt, outcome):
        raise CaseNotRecordable("The charge has less left than this refund, or is in another currency.")


def _can_be_booked(attempt: PaymentAttempt, outcome: Succeeded) -> bool:
    left = attempt.amount_captured_minor - attempt.amount_refunded_minor
    return outcome.amount.currency == attempt.currency and 0 < outcome.amount.amount_minor <= left


def _succeed(
    intent: PaymentIntent, attempt: PaymentAttempt, refund: Refund, outcome: Succeeded, now: datetime
) -> None:
    refund.psp_reference = outcome.psp_reference
    if outcome.amount != refund.amount:
        _report_amount(intent, attempt, refund, outcome)
        refund.amount_minor = outcome.amount.amount_minor
    if refund.is_undecided:
        refund.succeed()
    else:
        refund.correct_to_succeeded()
        refund.failure_reason = ""
    refund.decided_at = now
    refund.next_check_at = None
    refund.ledger_entry_id = post_refund(refund, attempt, at=now)
    attempt.amount_refunded_minor += refund.amount_minor
    attempt.save(update_fields=["amount_refunded_minor"])
    _save(refund)
    announce_refund(refund, events.REFUND_UPDATED, events.CHARGE_REFUNDED, intent=intent, attempt=attempt)


def _report_amount(
    intent: PaymentIntent, attempt: PaymentAttempt, refund: Refund, outcome: Succeeded
) -> None:
    report_amount(
        intent, attempt, outcome.amount, asked=refund.amount, subject_kind="refund", subject_id=refund.id
    )


def _fail(intent: PaymentIntent, refund: Refund, outcome: Declined | Voided, now: datetime) -> None:
    refund.fail()
    refund.failure_reason = _reason(outcome)
    refund.decided_at = now
    refund.next_check_at = None
    _save(refund)
    announce_refund(refund, events.REFUND_FAILED, intent=intent)


def _wait(
    intent: PaymentIntent, attempt: PaymentAttempt, refund: Refund, outcome: Pending, now: datetime
) -> None:
    refund.psp_reference = outcome.psp_reference
    refund.next_check_at = next_look(refund, attempt.psp_account, now)
    was_waiting = refund.status == RefundStatus.PENDING
    if not was_waiting:
        refund.wait()
    _save(refund)
    if not was_waiting:
        announce_refund(refund, events.REFUND_UPDATED, intent=intent)


def _send_again_later(intent: PaymentIntent, attempt: PaymentAttempt, refund: Refund, now: datetime) -> None:
    """It certainly did not happen: the promise stands, so it is sent again with the same key, within bounds."""
    if is_promised_twice(attempt):
        # A dispute took the money while the refund was on its way.
        _fail(intent, refund, Declined(code=DISPUTED), now)
        return
    if (now - refund.created_at).total_seconds() > GIVE_UP_SECONDS:
        _fail(intent, refund, Declined(code="psp_unavailable"), now)
        return
    wait = backoff_seconds(
        refund.submissions, base_seconds=RESEND_BASE_SECONDS, cap_seconds=RESEND_CAP_SECONDS
    )
    refund.unsend()
    refund.next_check_at = now + timedelta(seconds=wait)
    _save(refund)


def _is_return(refund: Refund, outcome: InquiryOutcome) -> bool:
    """Whether the PSP says that this very refund failed; a call refused after its success is no return."""
    return (
        isinstance(outcome, Declined)
        and outcome.code == REFUND_FAILED
        and outcome.psp_reference == refund.psp_reference
    )


def _take_back(
    intent: PaymentIntent, attempt: PaymentAttempt, refund: Refund, outcome: InquiryOutcome, now: datetime
) -> None:
    """A bank returned a refund that had succeeded: the ledger gets the money back."""
    refund.come_back()
    refund.failure_reason = _reason(outcome)
    refund.decided_at = now
    refund.return_entry_id = post_refund_return(refund, attempt, at=now)
    attempt.amount_refunded_minor -= refund.amount_minor
    attempt.save(update_fields=["amount_refunded_minor"])
    _save(refund)
    announce_refund(refund, events.REFUND_FAILED, intent=intent)


def _ask_a_person(intent: PaymentIntent, refund: Refund, outcome: Succeeded) -> None:
    if refund.psp_reference and refund.return_entry_id:
        # Old news of a refund that came back since.
        return
    open_case(
        merchant_id=refund.merchant_id,
        kind=CaseKind.CONTRADICTION,
        subject_kind="refund",
        subject_id=refund.id,
        payment_intent_id=intent.id,
        evidence={
            "recorded": refund.status,
            "psp_says": outcome.word,
            "amount": str(outcome.amount),
            **claim_of(outcome),
        },
    )


def _reason(outcome: InquiryOutcome) -> str:
    if isinstance(outcome, Declined):
        return (outcome.decline_code or outcome.code)[:64]
    return "merchant_request"


def _save(refund: Refund) -> None:
    refund.save(
        update_fields=[
            "status",
            "amount_minor",
            "psp_reference",
            "failure_reason",
            "unknown_reason",
            "decided_at",
            "next_check_at",
            "ledger_entry_id",
            "return_entry_id",
        ]
    )
