"""Reverse one capture by the word of two people: the PSP took it, said so, and never paid it."""

from __future__ import annotations

from datetime import datetime

from foundation.transactions import joins_transaction
from payments.errors import CaseNotRecordable
from payments.models import Capture, CaptureStatus, PaymentAttempt, PaymentIntent
from payments.steps.book_charge import return_charge
from payments.steps.post_to_ledger import post_capture_return
from payments.steps.refuse_while_moving import refuse_while_moving
from payments.steps.settle_intent import settle_intent

CORRECTED = "corrected_by_people"


@joins_transaction
def return_capture(
    intent: PaymentIntent, attempt: PaymentAttempt, capture: Capture, *, now: datetime
) -> None:
    """The three are locked. The only capture of its charge takes the charge with it; of several, the others stand.

    Raises CaseNotRecordable while something else of the charge moves, and when what would be left is less than was
    refunded.
    Writes: the capture, its reversing entry, the attempt, the intent; with the whole charge, its events and hold."""
    refuse_while_moving(attempt)
    others = Capture.objects.for_merchant(capture.merchant_id).filter(
        attempt_id=attempt.id, status=CaptureStatus.SUCCEEDED
    )
    if not others.exclude(pk=capture.id).exists():
        return_charge(intent, attempt, error_code=CORRECTED, now=now)
        return
    left = attempt.amount_captured_minor - capture.amount_minor
    if left < attempt.amount_refunded_minor:
        raise CaseNotRecordable("More was refunded than would be left: the refunds come back first.")
    capture.come_back()
    capture.next_check_at = None
    capture.return_entry_id = post_capture_return(capture, attempt, intent, at=now)
    capture.save(update_fields=["status", "next_check_at", "return_entry_id"])
    attempt.amount_captured_minor = left
    attempt.save(update_fields=["amount_captured_minor"])
    settle_intent(intent, attempt)
