"""True a capture's fee up to what the PSP's statement says that it kept."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.money import Money
from foundation.transactions import owns_transaction
from payments.locks import lock_attempt, lock_capture, lock_payment_intent
from payments.models import Capture, CaptureStatus
from payments.queries.payment_intents import get_capture
from payments.steps.post_to_ledger import post_fee_difference, post_late_fee


@owns_transaction
def true_up_fee(*, merchant_id: UUID, capture_id: UUID, fee: Money, proof: str) -> Capture:
    """Book the difference between the fee that is booked and the one that was taken.

    fee: in the capture's currency, zero or more. proof: the PSP's name of the line that says so.
    Raises: ResourceMissing; ValueError for a fee in another currency.
    Writes: the capture, its charge, one ledger entry. Nothing for a capture that took no money.
    Safe to repeat: the second time there is no difference.
    """
    known = get_capture(merchant_id=merchant_id, capture_id=capture_id)
    lock_payment_intent(merchant_id=merchant_id, payment_intent_id=known.attempt.payment_intent_id)
    attempt = lock_attempt(merchant_id=merchant_id, attempt_id=known.attempt_id)
    capture = lock_capture(merchant_id=merchant_id, capture_id=capture_id)
    if capture.status != CaptureStatus.SUCCEEDED:
        return capture
    was_unknown = capture.fee_minor is None
    difference = fee - Money(capture.fee_minor or 0, capture.currency)
    if difference.is_zero and not was_unknown:
        return capture
    capture.fee_minor = fee.amount_minor
    capture.next_check_at = None
    if was_unknown and not fee.is_zero:
        post_late_fee(capture, attempt, at=clock.now())
    elif not difference.is_zero:
        post_fee_difference(capture, attempt, difference, proof=proof, at=clock.now())
    attempt.fee_minor += difference.amount_minor
    attempt.save(update_fields=["fee_minor"])
    capture.save(update_fields=["fee_minor", "next_check_at"])
    return capture
