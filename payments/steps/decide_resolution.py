"""What approving, refusing and withdrawing a resolution share: who may, and what is kept of it."""

from __future__ import annotations

from foundation import clock
from foundation.context import current
from foundation.transactions import joins_transaction
from payments.errors import CaseResolutionDecided, CaseSecondPersonNeeded
from payments.models import CaseResolution


def refuse_unless_requested(resolution: CaseResolution) -> None:
    """Raises CaseResolutionDecided."""
    if resolution.status != CaseResolution.Status.REQUESTED:
        raise CaseResolutionDecided(f"The resolution is {resolution.status} already.")


def refuse_unless_another(resolution: CaseResolution) -> None:
    """Raises CaseSecondPersonNeeded. PostgreSQL holds to it as well: case_resolution_maker_is_not_checker."""
    if current().actor[:150] == resolution.requested_by:
        raise CaseSecondPersonNeeded("Another person than the one who asked decides.")


@joins_transaction
def keep_decision(resolution: CaseResolution, note: str) -> CaseResolution:
    """Who decided, when and with which words; the caller has made the transition."""
    resolution.decided_by = current().actor[:150]
    resolution.decided_at = clock.now()
    resolution.decision_note = note
    resolution.save(update_fields=["status", "decided_by", "decided_at", "decision_note"])
    return resolution
