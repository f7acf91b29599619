"""Request a larger authorization: refuse or promise it, with its key on disk before the PSP hears of it."""

from __future__ import annotations

from datetime import timedelta
from uuid import UUID

from foundation import clock
from foundation.context import current
from foundation.money import Money
from foundation.transactions import owns_transaction
from payments.errors import EarlierOperationUnresolved, IncrementNotAboveAuthorized, UnexpectedState
from payments.locks import lock_attempt, lock_payment_intent
from payments.models import AttemptStatus, AuthorizationIncrement, PaymentAttempt
from payments.queries.payment_intents import find_undecided_capture, find_undecided_increment
from payments.schedules import SUBMISSION_LEASE_SECONDS


@owns_transaction
def request_increment(
    *, merchant_id: UUID, payment_intent_id: UUID, increment_id: UUID, amount: Money
) -> AuthorizationIncrement:
    """Promise to raise the authorization to `amount` in all (minor units, the payment's currency).

    Raises: ResourceMissing, UnexpectedState, IncrementNotAboveAuthorized, EarlierOperationUnresolved.
    Writes: the increment. Safe to repeat: the same increment_id finds its increment.
    """
    # Locked first: an increment and a capture together must not both pass.
    intent = lock_payment_intent(merchant_id=merchant_id, payment_intent_id=payment_intent_id)
    if intent.latest_attempt_id is None:
        raise UnexpectedState(f"A payment in status {intent.status} has no authorization.")
    attempt = lock_attempt(merchant_id=merchant_id, attempt_id=intent.latest_attempt_id)
    existing = AuthorizationIncrement.objects.for_merchant(merchant_id).filter(pk=increment_id).first()
    if existing is not None:
        return existing
    refuse_unless_incrementable(attempt, amount)
    increment = AuthorizationIncrement(
        id=increment_id,
        merchant_id=merchant_id,
        attempt=attempt,
        amount_minor=amount.amount_minor,
        before_minor=attempt.amount_minor,
        currency=amount.currency,
        requested_by=current().actor[:128],
        next_check_at=clock.now() + timedelta(seconds=SUBMISSION_LEASE_SECONDS),
        request_id=current().request_id,
        trace_id=current().trace_id,
    )
    increment.psp_key = increment.public_id
    increment.save(force_insert=True)
    return increment


def refuse_unless_incrementable(attempt: PaymentAttempt, amount: Money) -> None:
    """The attempt is locked."""
    if attempt.status != AttemptStatus.AUTHORIZED:
        raise UnexpectedState(f"A charge in status {attempt.status} can not be authorized for more.")
    busy = attempt.void_requested_at is not None or find_undecided_capture(attempt) is not None
    if busy or find_undecided_increment(attempt) is not None:
        raise EarlierOperationUnresolved()
    if amount <= attempt.amount:
        raise IncrementNotAboveAuthorized(
            f"{amount} is not more than the {attempt.amount} authorized already.", param="amount"
        )
