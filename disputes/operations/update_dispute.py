"""Change what is the merchant's own on a dispute: its metadata."""

from __future__ import annotations

from uuid import UUID

from disputes import events
from disputes.locks import lock_dispute
from disputes.models import Dispute
from disputes.steps.announce import announce_dispute
from foundation.transactions import owns_transaction


@owns_transaction
def update_dispute(*, merchant_id: UUID, dispute_id: UUID, metadata: dict[str, str]) -> Dispute:
    """Raises: ResourceMissing. Writes: the dispute, charge.dispute.updated. Safe to repeat."""
    dispute = lock_dispute(merchant_id=merchant_id, dispute_id=dispute_id)
    if metadata == dispute.metadata:
        return dispute
    dispute.metadata = metadata
    dispute.save(update_fields=["metadata"])
    announce_dispute(dispute, [events.DISPUTE_UPDATED])
    return dispute
