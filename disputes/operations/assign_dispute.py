"""Give a dispute to a colleague, or take it back into the queue."""

from __future__ import annotations

from uuid import UUID

from disputes.errors import DisputeChanged
from disputes.locks import lock_dispute
from disputes.models import Dispute
from disputes.steps.plan_next import plan_next
from foundation import clock
from foundation.transactions import owns_transaction


@owns_transaction
def assign_dispute(
    *, merchant_id: UUID, dispute_id: UUID, assigned_to: str, expected: str | None = None
) -> Dispute:
    """assigned_to: a user name, empty for nobody. expected: who the person saw at work on it; None when nobody looked.

    Raises: ResourceMissing, DisputeChanged. Writes: the dispute, its history.
    Safe to repeat: whose it is already, it stays.
    """
    dispute = lock_dispute(merchant_id=merchant_id, dispute_id=dispute_id)
    if dispute.assigned_to == assigned_to:
        return dispute
    if expected is not None and dispute.assigned_to != expected:
        # Two who take it at once: the second learns that it has a colleague's name on it.
        who = dispute.assigned_to or "nobody"
        raise DisputeChanged(f"It was given to somebody else meanwhile: {who} works on it now. Look again.")
    dispute.assigned_to = assigned_to
    if assigned_to:
        # Somebody works on it: no rule accepts it over their head.
        dispute.accepts_at = None
        plan_next(dispute, clock.now())
    dispute.version += 1
    dispute.save(update_fields=["assigned_to", "accepts_at", "next_action_at", "version"])
    return dispute
