"""Accept a dispute: give the money up, for good. Decided here; a worker tells the PSP."""

from __future__ import annotations

from uuid import UUID

from disputes.errors import DisputeChanged
from disputes.locks import lock_dispute
from disputes.models import DisputeOrder, OrderKind
from disputes.queries.disputes import find_order
from disputes.steps.open_order import open_order, refuse_unless_answerable
from foundation.transactions import owns_transaction


@owns_transaction
def accept_dispute(
    *, merchant_id: UUID, dispute_id: UUID, order_id: UUID, expected_version: int | None = None
) -> DisputeOrder:
    """Promise to accept. The dispute is lost once the PSP has it.

    order_id: chosen by the caller: the idempotency key's reserved id, or the page's one-time form key.
    expected_version: what the person saw; None when nobody looked.
    Raises: ResourceMissing, DisputeAnswered, DisputeUnexpectedState, DisputeDeadlinePassed, DisputeChanged.
    Writes: the order, the dispute's version, job disputes.execute_order.
    Safe to repeat: the same order_id finds its order; a second answer is refused, by the database too.
    """
    # Locked first: accepting and submitting at once must not both pass.
    dispute = lock_dispute(merchant_id=merchant_id, dispute_id=dispute_id)
    existing = find_order(merchant_id=merchant_id, order_id=order_id)
    if existing is not None:
        return existing
    # Whoever comes second is told that it was answered, and by whom, before that something changed.
    refuse_unless_answerable(dispute, kind=OrderKind.ACCEPT)
    if expected_version is not None and expected_version != dispute.version:
        raise DisputeChanged()
    return open_order(dispute, OrderKind.ACCEPT, order_id=order_id)
