"""Stage evidence: freely, until it is submitted. What is staged goes nowhere by itself, but for a policy's deadline."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from disputes import events
from disputes.errors import DisputeAnswered, DisputeChanged, DisputeUnexpectedState
from disputes.evidence_fields import FIELDS, FILE_FIELDS
from disputes.locks import lock_dispute
from disputes.models import Dispute
from disputes.queries.disputes import find_standing_order
from disputes.queries.uploads import refuse_unless_own_files
from disputes.steps.announce import announce_dispute
from disputes.steps.check_evidence import refuse_unless_within_limits
from disputes.steps.open_order import evidence_hash
from disputes.steps.plan_next import plan_next
from foundation import clock
from foundation.transactions import owns_transaction


@owns_transaction
def stage_evidence(
    *,
    merchant_id: UUID,
    dispute_id: UUID,
    evidence: Mapping[str, str | None],
    expected_sha256: str | None = None,
) -> Dispute:
    """Set the given fields, the others stay; None or an empty text unsets one. Files are named by their public id.

    expected_sha256: evidence_hash of what the person saw staged; None when nobody looked.
    Raises: ResourceMissing (the dispute, a file), DisputeUnexpectedState, DisputeAnswered, DisputeChanged,
    EvidenceTooLarge.
    Writes: the dispute, charge.dispute.updated. Safe to repeat: the same fields change nothing.
    """
    unknown = set(evidence) - set(FIELDS)
    if unknown:
        raise ValueError(f"{sorted(unknown)} are no fields of evidence.")
    dispute = lock_dispute(merchant_id=merchant_id, dispute_id=dispute_id)
    if not dispute.is_answerable:
        raise DisputeUnexpectedState(
            f"Evidence for a dispute in status {dispute.status} is of no use any more."
        )
    if find_standing_order(dispute) is not None:
        raise DisputeAnswered("The dispute has been answered: its evidence can not be changed any more.")
    if expected_sha256 is not None and expected_sha256 != evidence_hash(dispute.evidence):
        raise DisputeChanged("Somebody else has changed the evidence since it was looked at.")
    refuse_unless_own_files(merchant_id, {name: evidence.get(name) for name in FILE_FIELDS})
    staged = {**dispute.evidence, **{name: value or None for name, value in evidence.items()}}
    staged = {name: value for name, value in sorted(staged.items()) if value}
    if staged == dispute.evidence:
        return dispute
    refuse_unless_within_limits(dispute, staged)
    dispute.evidence = staged
    dispute.version += 1
    # Somebody works on it: no rule accepts it over their head.
    dispute.accepts_at = None
    plan_next(dispute, clock.now())
    dispute.save(update_fields=["evidence", "version", "accepts_at", "next_action_at"])
    announce_dispute(dispute, [events.DISPUTE_UPDATED])
    return dispute
