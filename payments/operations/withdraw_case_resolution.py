"""Withdraw a resolution that one asked for oneself."""

from __future__ import annotations

from uuid import UUID

from foundation.context import current
from foundation.transactions import owns_transaction
from payments.errors import CaseSecondPersonNeeded
from payments.locks import lock_case_resolution
from payments.models import CaseResolution
from payments.steps.decide_resolution import keep_decision, refuse_unless_requested


@owns_transaction
def withdraw_case_resolution(*, merchant_id: UUID, resolution_id: UUID, note: str = "") -> CaseResolution:
    """Take one's own request back; the case stays open.

    Raises: ResourceMissing, CaseResolutionDecided; CaseSecondPersonNeeded when somebody else asked: they refuse
    it instead. Writes: the resolution.
    Safe to repeat: a decided one stays as it is, and the repeat is refused.
    """
    resolution = lock_case_resolution(merchant_id=merchant_id, resolution_id=resolution_id)
    refuse_unless_requested(resolution)
    if current().actor[:150] != resolution.requested_by:
        raise CaseSecondPersonNeeded("Only the person who asked withdraws a request; others refuse it.")
    resolution.withdraw()
    return keep_decision(resolution, note)
