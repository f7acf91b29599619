"""Confirm a payment intent: open an attempt and, unless a worker is to do it, send it at once."""

from __future__ import annotations

from uuid import UUID

from foundation.ids import derive_id
from foundation.transactions import outside_transaction, owns_transaction
from payments.errors import UnexpectedState
from payments.locks import lock_payment_intent
from payments.models import AttemptStatus, IntentStatus, PaymentIntent
from payments.operations.execute_attempt import execute_attempt
from payments.queries.customers import get_payment_method
from payments.queries.payment_intents import has_attempt
from payments.queries.psp_orders import AttemptOrder
from payments.steps.check_payment_method import refuse_unless_chargeable
from payments.steps.open_attempt import open_attempt

CONFIRMABLE = (IntentStatus.REQUIRES_PAYMENT_METHOD, IntentStatus.REQUIRES_CONFIRMATION)


@outside_transaction
def confirm_payment_intent(
    *,
    merchant_id: UUID,
    payment_intent_id: UUID,
    attempt_id: UUID,
    payment_method_id: UUID | None = None,
    return_url: str | None = None,
    off_session: bool | None = None,
    in_background: bool = False,
    is_repeat: bool = False,
) -> PaymentIntent:
    """Confirm, and answer with the intent in the state reached (`processing` when the outcome is not known).

    attempt_id: chosen by the caller (the idempotency key's reserved id). None leaves a field as it is.
    is_repeat: an earlier try under this attempt_id may have got this far.
    Raises: ResourceMissing, UnexpectedState, PaymentMethodMissing, PaymentMethodCustomerMismatch, PspNotConfigured.
    Writes: as open_attempt and record_attempt_outcome.
    Safe to repeat: with is_repeat the same attempt_id finds its attempt; the PSP sees our key once.
    """
    intent, order = _open(
        merchant_id=merchant_id,
        payment_intent_id=payment_intent_id,
        attempt_id=attempt_id,
        payment_method_id=payment_method_id,
        return_url=return_url,
        off_session=off_session,
        in_background=in_background,
        is_repeat=is_repeat,
    )
    if order is None:
        return intent
    return execute_attempt(merchant_id=merchant_id, attempt_id=order.attempt_id, order=order)


def refuse_unless_confirmable(intent: PaymentIntent) -> None:
    if intent.status not in CONFIRMABLE:
        raise UnexpectedState(f"A payment in status {intent.status} can not be confirmed.")


@owns_transaction
def _open(
    *,
    merchant_id: UUID,
    payment_intent_id: UUID,
    attempt_id: UUID,
    payment_method_id: UUID | None,
    return_url: str | None,
    off_session: bool | None,
    in_background: bool,
    is_repeat: bool,
) -> tuple[PaymentIntent, AttemptOrder | None]:
    # Locked first: two confirms together must not both find the intent confirmable.
    intent = lock_payment_intent(merchant_id=merchant_id, payment_intent_id=payment_intent_id)
    if is_repeat and intent.latest_attempt is not None:
        latest = intent.latest_attempt
        # The first try was this request's; the latest may be its failover.
        began = has_attempt(merchant_id=merchant_id, payment_intent_id=intent.id, attempt_id=attempt_id)
        if latest.is_live or (began and latest.status != AttemptStatus.NOT_SENT):
            return intent, None
        if began:
            # What was tried under this id certainly did not happen: the next repeat finds the next try by its id.
            attempt_id = derive_id(attempt_id, latest.ordinal + 1)
    refuse_unless_confirmable(intent)
    if payment_method_id is not None:
        method = get_payment_method(merchant_id=merchant_id, payment_method_id=payment_method_id)
        refuse_unless_chargeable(method, customer_id=intent.customer_id)
        intent.payment_method = method
    if return_url is not None:
        intent.return_url = return_url
    if off_session is not None:
        intent.off_session = off_session
    if (payment_method_id, return_url, off_session) != (None, None, None):
        intent.save(update_fields=["payment_method", "return_url", "off_session"])
    order = open_attempt(intent, in_background=in_background, attempt_id=attempt_id)
    return intent, None if in_background else order
