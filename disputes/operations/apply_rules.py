"""Let a merchant's policy look at a new dispute: announce that it will be accepted, a day ahead."""

from __future__ import annotations

from uuid import UUID

from disputes import events
from disputes.locks import lock_dispute
from disputes.queries.ruling import rule_on_acceptance
from disputes.schedules import ACCEPTANCE_NOTICE
from disputes.steps.announce import announce_dispute
from disputes.steps.plan_next import plan_next
from foundation import clock
from foundation.transactions import owns_transaction


@owns_transaction
def apply_rules(*, merchant_id: UUID, dispute_id: UUID) -> bool:
    """Answers whether the dispute will be accepted by rule, unless somebody takes it up within 24 hours.

    Raises: ResourceMissing. Writes: the dispute, dispute.acceptance_announced.
    Safe to repeat: it is announced once.
    """
    dispute = lock_dispute(merchant_id=merchant_id, dispute_id=dispute_id)
    if dispute.accepts_at is not None or not rule_on_acceptance(dispute).applies:
        return False
    now = clock.now()
    dispute.accepts_at = now + ACCEPTANCE_NOTICE
    dispute.version += 1
    plan_next(dispute, now)
    dispute.save(update_fields=["accepts_at", "version", "next_action_at"])
    announce_dispute(dispute, [events.DISPUTE_ACCEPTANCE_ANNOUNCED])
    return True
