"""Request a refund: refuse or promise it. The promise counts from here: nobody can spend the amount twice."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from foundation import clock
from foundation.context import current
from foundation.money import Money
from foundation.transactions import owns_transaction
from payments import events
from payments.errors import (
    ChargeAlreadyRefunded,
    ChargeDisputed,
    ChargeNotRefundable,
    EarlierOperationUnresolved,
    RefundCurrencyDiffers,
    RefundExceedsCaptured,
)
from payments.locks import lock_attempt, lock_payment_intent
from payments.models import PaymentAttempt, Refund, RefundStatus
from payments.queries.payment_intents import (
    available_to_refund,
    find_undecided_capture,
    list_funds_holds,
    refunded_by,
)
from payments.schedules import SUBMISSION_LEASE_SECONDS
from payments.steps.announce import announce_refund
from payments.steps.await_approval import await_approval
from payments.steps.note_change import note_change
from payments.steps.stage_refund import stage_refund


@owns_transaction
def request_refund(
    *,
    merchant_id: UUID,
    payment_intent_id: UUID,
    refund_id: UUID,
    amount: Money | None = None,
    reason: str = "",
    note: str = "",
    metadata: dict[str, str] | None = None,
    in_background: bool = True,
    own_limit: Money | None = None,
) -> Refund:
    """Promise to give back `amount` (minor units, currency of the payment; None: all that is available).

    refund_id: chosen by the caller: the idempotency key's reserved id, or the dialog's one-time form key.
    in_background: a worker sends it (a job is staged); otherwise the caller runs execute_refund at once, and the
    sweep of due checks finds it should the caller die. own_limit: the most that the person who asks may refund of one
    payment alone, all their refunds of it taken together; above it, another person has to approve. None: no limit.
    Raises: ResourceMissing, ChargeNotRefundable, ChargeAlreadyRefunded, ChargeDisputed, RefundExceedsCaptured,
    RefundCurrencyDiffers, EarlierOperationUnresolved.
    Writes: the refund, refund.created; with in_background a job; above the limit an approval to be given, and no job.
    Safe to repeat: the same refund_id finds its refund.
    """
    # Locked before the balance is read: two agents pressing Refund together must not both pass.
    intent = lock_payment_intent(merchant_id=merchant_id, payment_intent_id=payment_intent_id)
    existing = Refund.objects.for_merchant(merchant_id).filter(pk=refund_id).first()
    if existing is not None:
        return existing
    if intent.latest_attempt_id is None:
        raise ChargeNotRefundable(param="payment_intent")
    attempt = lock_attempt(merchant_id=merchant_id, attempt_id=intent.latest_attempt_id)
    amount = refuse_unless_refundable(attempt, amount)
    # Two halves are one whole: what the person has refunded of it before counts.
    needs_approval = own_limit is not None and refunded_by(intent, current().actor) + amount > own_limit
    refund = Refund(
        id=refund_id,
        merchant_id=merchant_id,
        payment_intent=intent,
        attempt=attempt,
        status=RefundStatus.REQUIRES_APPROVAL if needs_approval else RefundStatus.CREATED,
        amount_minor=amount.amount_minor,
        currency=amount.currency,
        reason=reason,
        note=note,
        metadata=metadata or {},
        requested_by=current().actor[:128],
        next_check_at=None if needs_approval else clock.now() + timedelta(seconds=SUBMISSION_LEASE_SECONDS),
        request_id=current().request_id,
        trace_id=current().trace_id,
    )
    refund.psp_key = refund.public_id
    refund.save(force_insert=True)
    note_change(intent)
    announce_refund(refund, events.REFUND_CREATED, intent=intent)
    if needs_approval and own_limit is not None:
        await_approval(refund, intent, own_limit)
    elif in_background:
        stage_refund(refund)
    return refund


def refuse_unless_refundable(attempt: PaymentAttempt, amount: Money | None) -> Money:
    """The amount to refund, or a refusal. The attempt is locked."""
    if attempt.is_undecided or find_undecided_capture(attempt) is not None:
        raise EarlierOperationUnresolved()
    if attempt.amount_captured_minor == 0:
        raise ChargeNotRefundable(param="payment_intent")
    available = available_to_refund(attempt)
    if available.is_zero:
        _refuse_if_disputed(attempt, available)
        raise ChargeAlreadyRefunded(f"Charge {attempt.public_id} has already been refunded.")
    if amount is None:
        return available
    if amount.currency != attempt.currency:
        raise RefundCurrencyDiffers(param="currency")
    if amount > available:
        _refuse_if_disputed(attempt, available)
        raise RefundExceedsCaptured(
            f"The refund of {amount} is more than the {available} that is still available.", param="amount"
        )
    return amount


def _refuse_if_disputed(attempt: PaymentAttempt, available: Money) -> None:
    """What is wanted beyond `available` is held by a dispute, which took it already or is about to."""
    if list_funds_holds(attempt).exists():
        raise ChargeDisputed(
            f"Charge {attempt.public_id} is disputed: {available} of it can be refunded.", param="amount"
        )
