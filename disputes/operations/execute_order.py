"""Send an answer to the PSP and record what came of it: no transaction and no lock while the PSP is at work."""

from __future__ import annotations

from uuid import UUID

from disputes.locks import lock_dispute, lock_order
from disputes.models import DisputeOrder, OrderStatus
from disputes.operations.record_order_outcome import record_order_outcome
from disputes.queries.disputes import get_order
from disputes.queries.requests import request_of
from disputes.schedules import CALL_LEASE
from foundation import clock
from foundation.transactions import outside_transaction, owns_transaction
from payments.operations.answer_dispute import answer_dispute
from payments.psp.outcomes import Declined

STAGE_PASSED = "stage_passed"


@outside_transaction
def execute_order(*, merchant_id: UUID, order_id: UUID) -> DisputeOrder:
    """Make the one call of an order that is still `created`; any other is left as it is.

    Raises: ResourceMissing. Writes: as record_order_outcome, and the PSP call.
    Safe to repeat: an order that has left `created` is not sent again by this flow; resolve_order asks first.
    """
    order, is_ours = _take_up(merchant_id=merchant_id, order_id=order_id)
    if not is_ours:
        if order.status == OrderStatus.CREATED:
            # What was said to an inquiry is no answer to the chargeback that it became: that has one of its own.
            passed = Declined(code=STAGE_PASSED)
            return record_order_outcome(merchant_id=merchant_id, order_id=order_id, outcome=passed)
        return order
    outcome = answer_dispute(
        merchant_id=merchant_id,
        psp_account_id=order.dispute.psp_account_id,
        payment_intent_id=order.dispute.payment_intent_id,
        dispute_id=order.dispute_id,
        request=request_of(order),
    )
    return record_order_outcome(merchant_id=merchant_id, order_id=order_id, outcome=outcome)


@owns_transaction
def _take_up(*, merchant_id: UUID, order_id: UUID) -> tuple[DisputeOrder, bool]:
    known = get_order(merchant_id=merchant_id, order_id=order_id)
    dispute = lock_dispute(merchant_id=merchant_id, dispute_id=known.dispute_id)
    order = lock_order(merchant_id=merchant_id, order_id=order_id)
    order.dispute = dispute
    if order.status != OrderStatus.CREATED or order.stage != dispute.stage:
        return order, False
    order.submit()
    order.submitted_at = clock.now()
    order.submissions += 1
    # Should this process die, the sweep finds the order and asks the PSP.
    order.next_check_at = order.submitted_at + CALL_LEASE
    order.save(update_fields=["status", "submitted_at", "submissions", "next_check_at"])
    return order, True
