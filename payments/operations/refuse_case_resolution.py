"""Refuse what another person says became of a case's movement."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from payments.locks import lock_case_resolution
from payments.models import CaseResolution
from payments.steps.decide_resolution import keep_decision, refuse_unless_another, refuse_unless_requested


@owns_transaction
def refuse_case_resolution(*, merchant_id: UUID, resolution_id: UUID, note: str) -> CaseResolution:
    """Say no, as another person than the one who asked; the case stays open.

    Raises: ResourceMissing, CaseSecondPersonNeeded, CaseResolutionDecided. Writes: the resolution.
    Safe to repeat: a decided one stays as it is, and the repeat is refused.
    """
    resolution = lock_case_resolution(merchant_id=merchant_id, resolution_id=resolution_id)
    refuse_unless_requested(resolution)
    refuse_unless_another(resolution)
    resolution.refuse()
    return keep_decision(resolution, note)
