"""Book what a PSP took of a charge in one go, and give back what a bank took again."""

from __future__ import annotations

from datetime import datetime, timedelta

from foundation.context import current
from foundation.transactions import joins_transaction
from payments import events
from payments.models import AttemptStatus, Capture, CaptureStatus, PaymentAttempt, PaymentIntent
from payments.psp.outcomes import Succeeded
from payments.steps.announce import announce_payment
from payments.steps.fee_of_outcome import bookable_fee, fee_is_awaited
from payments.steps.post_to_ledger import post_capture, post_capture_return, release_authorization
from payments.steps.settle_intent import settle_intent

FEE_LOOK_SECONDS = 10
RETURNED = "charge_returned"


@joins_transaction
def book_whole_capture(
    intent: PaymentIntent, attempt: PaymentAttempt, outcome: Succeeded, *, now: datetime
) -> Capture:
    """The one capture of a charge that the PSP took by itself. The caller moves and saves the attempt.

    Writes the capture and its ledger entry; sets the attempt's sums."""
    assert outcome.captured is not None, "nothing was taken"
    fee = bookable_fee(outcome, outcome.captured.currency)
    capture = Capture(
        merchant_id=attempt.merchant_id,
        attempt=attempt,
        amount_minor=outcome.captured.amount_minor,
        currency=outcome.captured.currency,
        fee_minor=fee.amount_minor if fee else None,
        psp_key=f"{attempt.psp_key}_capture",
        psp_reference=outcome.psp_charge_reference,
        requested_by=current().actor[:128],
        submitted_at=attempt.submitted_at,
        decided_at=now,
        request_id=current().request_id,
        trace_id=current().trace_id,
    )
    capture.succeed()
    attempt.amount_captured_minor = capture.amount_minor
    attempt.fee_minor = capture.fee_minor or 0
    attempt.ledger_entry_id = capture.ledger_entry_id = post_capture(capture, attempt, intent, at=now)
    if fee_is_awaited(outcome):
        # The fee is asked for until the PSP says it; the entry for it follows then.
        capture.next_check_at = now + timedelta(seconds=FEE_LOOK_SECONDS)
    capture.save(force_insert=True)
    return capture


@joins_transaction
def return_charge(intent: PaymentIntent, attempt: PaymentAttempt, *, error_code: str, now: datetime) -> None:
    """A bank took back what had succeeded: every capture comes back, and the purchase is unpaid again.

    What was refunded meanwhile stays refunded; nothing more can be. The PSP keeps its fee. Both rows are locked.
    Writes: the captures, their reversing entries, a hold that is left, the attempt, the intent, events."""
    for capture in Capture.objects.for_merchant(attempt.merchant_id).filter(
        attempt_id=attempt.id, status=CaptureStatus.SUCCEEDED
    ):
        capture.come_back()
        capture.next_check_at = None
        capture.return_entry_id = post_capture_return(capture, attempt, intent, at=now)
        capture.save(update_fields=["status", "next_check_at", "return_entry_id"])
    if attempt.status == AttemptStatus.PARTIALLY_CAPTURED:
        release_authorization(attempt, has_expired=False, at=now)
    attempt.come_back()
    attempt.error_code = (error_code or RETURNED)[:64]
    attempt.decided_at = now
    attempt.next_check_at = None
    attempt.amount_captured_minor = attempt.amount_refunded_minor
    attempt.save(
        update_fields=["status", "error_code", "decided_at", "next_check_at", "amount_captured_minor"]
    )
    settle_intent(intent, attempt)
    announce_payment(intent, events.PAYMENT_INTENT_PAYMENT_FAILED, events.CHARGE_FAILED, attempt=attempt)
