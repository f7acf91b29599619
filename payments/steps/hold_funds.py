"""Hold a part of a charge for a floor above (a dispute), or let it go: what is held can not be refunded.

Refunds that were promised and not sent yet fail here: the PSP would refuse them, or the money would leave twice. What
the PSP has in hand already is decided by the PSP.
"""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.money import Money
from foundation.transactions import joins_transaction
from payments import events
from payments.locks import lock_attempt, lock_payment_intent, lock_unsent_refunds
from payments.models import FundsHold, PaymentAttempt, PaymentIntent
from payments.queries.payment_intents import get_attempt
from payments.steps.announce import announce_refund
from payments.steps.note_change import note_change

DISPUTED = "charge_for_pending_refund_disputed"


@joins_transaction
def hold_funds(
    *, merchant_id: UUID, attempt_id: UUID, holder_kind: str, holder_id: UUID, amount: Money
) -> FundsHold:
    """Hold `amount` of a charge for the holder, again after a release, and with a new amount if that changed.

    amount: in any currency. One that is not the charge's can not be compared, so all that was captured is held; more
    than was captured holds just that.
    Raises: ResourceMissing. Writes: the hold, the intent's version, refunds not sent yet as failed, refund.failed.
    Safe to repeat: one hold per holder.
    """
    known = get_attempt(merchant_id=merchant_id, attempt_id=attempt_id)
    intent = lock_payment_intent(merchant_id=merchant_id, payment_intent_id=known.payment_intent_id)
    attempt = lock_attempt(merchant_id=merchant_id, attempt_id=attempt_id)
    held = _in_terms_of(attempt, amount)
    rows = FundsHold.objects.for_merchant(merchant_id)
    hold = rows.filter(holder_kind=holder_kind, holder_id=holder_id).first()
    if hold is not None and hold.released_at is None and hold.amount_minor == held.amount_minor:
        return hold
    if hold is None:
        hold = FundsHold(
            merchant_id=merchant_id,
            attempt=attempt,
            holder_kind=holder_kind,
            holder_id=holder_id,
            currency=held.currency,
        )
    hold.amount_minor = held.amount_minor
    hold.released_at = None
    hold.save()
    note_change(intent)
    _fail_unsent_refunds(intent, attempt)
    return hold


@joins_transaction
def release_funds(*, merchant_id: UUID, attempt_id: UUID, holder_kind: str, holder_id: UUID) -> None:
    """Let go of what the holder held; nothing when it holds nothing.

    Raises: ResourceMissing. Writes: the hold, the intent's version. Safe to repeat."""
    known = get_attempt(merchant_id=merchant_id, attempt_id=attempt_id)
    intent = lock_payment_intent(merchant_id=merchant_id, payment_intent_id=known.payment_intent_id)
    rows = FundsHold.objects.for_merchant(merchant_id)
    hold = rows.filter(holder_kind=holder_kind, holder_id=holder_id, released_at__isnull=True).first()
    if hold is None:
        return
    hold.released_at = clock.now()
    hold.save(update_fields=["released_at"])
    note_change(intent)


@joins_transaction
def mark_disputed(*, merchant_id: UUID, attempt_id: UUID) -> PaymentAttempt:
    """Note that the charge has been disputed, for good; answers with the charge, locked. Safe to repeat."""
    known = get_attempt(merchant_id=merchant_id, attempt_id=attempt_id)
    lock_payment_intent(merchant_id=merchant_id, payment_intent_id=known.payment_intent_id)
    attempt = lock_attempt(merchant_id=merchant_id, attempt_id=attempt_id)
    if not attempt.is_disputed:
        attempt.is_disputed = True
        attempt.save(update_fields=["is_disputed"])
    return attempt


def _in_terms_of(attempt: PaymentAttempt, amount: Money) -> Money:
    captured = Money(max(attempt.amount_captured_minor, 1), attempt.currency)
    return min(amount, captured) if amount.currency == attempt.currency else captured


def _fail_unsent_refunds(intent: PaymentIntent, attempt: PaymentAttempt) -> None:
    for refund in lock_unsent_refunds(attempt):
        refund.fail()
        refund.failure_reason = DISPUTED
        refund.decided_at = clock.now()
        refund.next_check_at = None
        refund.save(update_fields=["status", "failure_reason", "decided_at", "next_check_at"])
        announce_refund(refund, events.REFUND_FAILED, intent=intent)
