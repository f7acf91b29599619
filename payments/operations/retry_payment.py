"""Try a payment again that nobody waits for: what plan_retry has planned, if it is still wanted when the time comes."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.errors import DomainError
from foundation.jobs.registry import RunAgain
from foundation.transactions import outside_transaction, owns_transaction
from payments.locks import lock_payment_intent
from payments.models import AttemptStatus, IntentStatus, PaymentAttempt
from payments.steps.open_attempt import open_attempt
from payments.steps.plan_retry import permit_of

WAITING = (IntentStatus.REQUIRES_PAYMENT_METHOD, IntentStatus.REQUIRES_CONFIRMATION)


@outside_transaction
def retry_payment(*, merchant_id: UUID, payment_intent_id: UUID, after_attempt_id: UUID) -> RunAgain | str:
    """Open the next attempt with the method of the one that ended, for a worker to send; else say why not.

    Nothing happens once anybody has touched the payment: another try, another method, a cancellation.
    Writes: as open_attempt. Safe to repeat: the new attempt is then the newest.
    """
    try:
        return _open(merchant_id, payment_intent_id, after_attempt_id)
    except DomainError as refusal:
        # The method was detached, no account can take it: whoever brought that about has decided.
        return f"not tried: {refusal.code}"


@owns_transaction
def _open(merchant_id: UUID, payment_intent_id: UUID, after_attempt_id: UUID) -> RunAgain | str:
    intent = lock_payment_intent(merchant_id=merchant_id, payment_intent_id=payment_intent_id)
    if intent.latest_attempt_id != after_attempt_id or intent.status not in WAITING:
        return "not tried: moved on"
    attempt = (
        PaymentAttempt.objects.for_merchant(merchant_id)
        .select_related("payment_method")
        .get(pk=after_attempt_id)
    )
    if intent.payment_method_id not in (None, attempt.payment_method_id):
        return "not tried: another method"
    if attempt.status == AttemptStatus.DECLINED:
        # Asked again: the same card may have been tried for other payments meanwhile.
        permit = permit_of(attempt, clock.now())
        if not permit.allowed:
            return RunAgain(at=permit.not_before) if permit.not_before else f"not tried: {permit.reason}"
    intent.payment_method = attempt.payment_method
    open_attempt(intent, in_background=True)
    return "tried again"
