"""Submit the staged evidence: once, with an immutable copy and its hash. A worker carries it to the PSP."""

from __future__ import annotations

from uuid import UUID

from disputes.errors import DisputeChanged, EvidenceMissing
from disputes.locks import lock_dispute
from disputes.models import DisputeOrder, OrderKind
from disputes.queries.disputes import find_order
from disputes.steps.check_evidence import refuse_unless_within_limits
from disputes.steps.open_order import open_order, refuse_unless_answerable
from foundation.transactions import owns_transaction


@owns_transaction
def submit_evidence(
    *, merchant_id: UUID, dispute_id: UUID, order_id: UUID, expected_version: int | None = None
) -> DisputeOrder:
    """Promise to submit what is staged. The dispute is under review once the PSP has it.

    order_id: chosen by the caller: the idempotency key's reserved id, or the page's one-time form key.
    expected_version: what the person saw; None when nobody looked.
    Raises: ResourceMissing, DisputeChanged, DisputeAnswered, DisputeUnexpectedState, DisputeDeadlinePassed,
    EvidenceMissing, EvidenceTooLarge.
    Writes: the order with its copy, the dispute's version, job disputes.execute_order.
    Safe to repeat: the same order_id finds its order; a second answer is refused, by the database too.
    """
    # Locked first: accepting and submitting at once must not both pass.
    dispute = lock_dispute(merchant_id=merchant_id, dispute_id=dispute_id)
    existing = find_order(merchant_id=merchant_id, order_id=order_id)
    if existing is not None:
        return existing
    if expected_version is not None and expected_version != dispute.version:
        raise DisputeChanged()
    refuse_unless_answerable(dispute, kind=OrderKind.SUBMIT)
    evidence = {name: value for name, value in sorted(dispute.evidence.items()) if value}
    if not evidence:
        raise EvidenceMissing()
    refuse_unless_within_limits(dispute, evidence)
    return open_order(dispute, OrderKind.SUBMIT, order_id=order_id, evidence=evidence)
