"""Send a refund to the PSP and record what came of it: no transaction and no lock while the PSP is at work."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.transactions import outside_transaction, owns_transaction
from payments.locks import lock_attempt, lock_payment_intent, lock_refund
from payments.models import Refund, RefundStatus
from payments.operations.record_refund_outcome import record_refund_outcome
from payments.promised_calls import call_unless_late
from payments.psp.registry import connector_for
from payments.queries.payment_intents import get_refund
from payments.queries.psp_orders import credentials_of, refund_request


@outside_transaction
def execute_refund(*, merchant_id: UUID, refund_id: UUID) -> Refund:
    """Make the one call of a refund that is still `created`; any other is left as it is.

    Raises: ResourceMissing. Writes: as record_refund_outcome.
    Safe to repeat: a refund that has left `created` is not sent again by this flow; resolve_unknown asks first.
    """
    refund, is_ours = _take_up(merchant_id=merchant_id, refund_id=refund_id)
    if not is_ours:
        return refund
    attempt = refund.attempt
    account, request = attempt.psp_account, refund_request(refund, attempt)
    credentials = credentials_of(account)
    outcome, call = call_unless_late(
        refund.submitted_at or refund.created_at,
        lambda: connector_for(account.psp).refund(credentials, request),
    )
    return record_refund_outcome(merchant_id=merchant_id, refund_id=refund_id, outcome=outcome, call=call)


@owns_transaction
def _take_up(*, merchant_id: UUID, refund_id: UUID) -> tuple[Refund, bool]:
    known = get_refund(merchant_id=merchant_id, refund_id=refund_id)
    lock_payment_intent(merchant_id=merchant_id, payment_intent_id=known.payment_intent_id)
    attempt = lock_attempt(merchant_id=merchant_id, attempt_id=known.attempt_id)
    refund = lock_refund(merchant_id=merchant_id, refund_id=refund_id)
    refund.attempt = attempt
    if refund.status != RefundStatus.CREATED:
        return refund, False
    refund.submit()
    refund.submitted_at = clock.now()
    refund.submissions += 1
    refund.save(update_fields=["status", "submitted_at", "submissions"])
    return refund, True
