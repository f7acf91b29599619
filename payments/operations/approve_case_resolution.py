"""Approve what another person says became of a case's movement: the second half of four eyes."""

from __future__ import annotations

from uuid import UUID

from foundation.jobs.staging import stage_job
from foundation.transactions import owns_transaction
from payments.errors import CaseAlreadyResolved, CaseResolutionDiffers
from payments.locks import lock_case_resolution
from payments.models import CaseResolution
from payments.queries.cases import find_subject_of_case
from payments.steps.decide_resolution import keep_decision, refuse_unless_another, refuse_unless_requested
from payments.steps.resolution_parameters import hash_of
from payments.steps.use_resolution import CHANGED, lapse_resolution

USED = (CaseResolution.Status.APPROVED, CaseResolution.Status.RECORDED)


@owns_transaction
def approve_case_resolution(
    *, merchant_id: UUID, resolution_id: UUID, parameters_hash: str, note: str = ""
) -> CaseResolution:
    """Agree to exactly what another person asked for. Answers `lapsed` when the movement has changed since.

    parameters_hash: of what the approver was shown.
    Raises: ResourceMissing, CaseSecondPersonNeeded, CaseResolutionDecided, CaseResolutionDiffers,
    CaseAlreadyResolved.
    Writes: the resolution; the job payments.record_case_resolution, which takes it through the movement's door.
    Safe to repeat: one that was approved is answered as it is.
    """
    resolution = lock_case_resolution(merchant_id=merchant_id, resolution_id=resolution_id)
    if resolution.status in USED and resolution.parameters_hash == parameters_hash:
        return resolution
    refuse_unless_requested(resolution)
    refuse_unless_another(resolution)
    if not parameters_hash == resolution.parameters_hash == hash_of(resolution):
        raise CaseResolutionDiffers()
    if resolution.case.resolved_at is not None:
        raise CaseAlreadyResolved()
    subject = find_subject_of_case(resolution.case, resolution.attempt)
    if (subject.version if subject else "") != resolution.subject_version:
        lapse_resolution(resolution, CHANGED)
        return resolution
    resolution.approve()
    keep_decision(resolution, note)
    stage_job(
        "payments.record_case_resolution",
        {"merchant_id": str(merchant_id), "resolution_id": str(resolution_id)},
        merchant_id=merchant_id,
    )
    return resolution
