"""Send an attempt to its PSP and record what came of it: no transaction and no lock while the PSP is at work."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings

from foundation import clock
from foundation.transactions import outside_transaction, owns_transaction
from payments.locks import lock_attempt, lock_payment_intent
from payments.models import AttemptStatus, PaymentIntent
from payments.operations.fail_over import fail_over
from payments.operations.record_attempt_outcome import record_attempt_outcome
from payments.promised_calls import call_unless_late
from payments.psp.outcomes import CallRecord, Outcome
from payments.psp.registry import connector_for
from payments.queries.payment_intents import get_attempt, get_payment_intent
from payments.queries.psp_orders import AttemptOrder, get_attempt_order
from payments.routing.failover import Tries


@outside_transaction
def execute_attempt(
    *, merchant_id: UUID, attempt_id: UUID, order: AttemptOrder | None = None
) -> PaymentIntent:
    """Make the one call of an attempt; when it certainly did not happen, go on to the next account that may take it.

    order: handed over by whoever has just opened the attempt as submitting; without it the attempt is taken up from
    `created`, by one worker only.
    At most PSP_MAX_TRIES accounts within PSP_TRIES_SECONDS; each try is an attempt of its own, on disk before its call.
    Raises: ResourceMissing. Writes: as record_attempt_outcome, and fail_over for each further try.
    Safe to repeat: an attempt that has left `created` is not sent again; resolve_unknown asks what became of it.
    """
    if order is None:
        if not _take_up(merchant_id=merchant_id, attempt_id=attempt_id):
            attempt = get_attempt(merchant_id=merchant_id, attempt_id=attempt_id)
            return get_payment_intent(merchant_id=merchant_id, payment_intent_id=attempt.payment_intent_id)
        order = get_attempt_order(merchant_id=merchant_id, attempt_id=attempt_id)
    tries = Tries(settings.PSP_MAX_TRIES, settings.PSP_TRIES_SECONDS)
    while True:
        outcome, call = _call(order)
        following = None
        if tries.may_go_on(order.psp_account_id, outcome) and order.may_fail_over:
            following = fail_over(
                merchant_id=merchant_id,
                payment_intent_id=order.payment_intent_id,
                attempt_id=order.attempt_id,
                outcome=outcome,
                call=call,
                tries=tries,
            )
        if following is None:
            return record_attempt_outcome(
                merchant_id=merchant_id,
                payment_intent_id=order.payment_intent_id,
                attempt_id=order.attempt_id,
                outcome=outcome,
                call=call,
            )
        order = following


def _call(order: AttemptOrder) -> tuple[Outcome, CallRecord | None]:
    return call_unless_late(
        order.opened_at, lambda: connector_for(order.psp).authorize(order.credentials, order.request)
    )


@owns_transaction
def _take_up(*, merchant_id: UUID, attempt_id: UUID) -> bool:
    known = get_attempt(merchant_id=merchant_id, attempt_id=attempt_id)
    lock_payment_intent(merchant_id=merchant_id, payment_intent_id=known.payment_intent_id)
    attempt = lock_attempt(merchant_id=merchant_id, attempt_id=attempt_id)
    if attempt.status != AttemptStatus.CREATED:
        return False
    attempt.submit()
    attempt.submitted_at = clock.now()
    attempt.save(update_fields=["status", "submitted_at"])
    return True
