"""Take an approved resolution through the one door of its movement."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import outside_transaction, owns_transaction
from payments.locks import lock_case_resolution
from payments.models import CaseResolution, CaseVerdict
from payments.operations.record_movement_outcome import record_movement_outcome
from payments.queries.cases import find_subject_of_case, get_case_resolution
from payments.steps.resolution_parameters import outcome_of
from payments.steps.use_resolution import CHANGED, PersonProof, finish_resolution, lapse_resolution


@outside_transaction
def record_case_resolution(*, merchant_id: UUID, resolution_id: UUID) -> CaseResolution:
    """Record what two people agreed on. Answers `recorded`, or `lapsed` when the movement changed meanwhile.

    Raises: ResourceMissing, CaseNotRecordable. Writes: as the record_ operation of the movement; the resolution
    and its case. Safe to repeat: a resolution is used once, in the transaction that records the outcome.
    """
    resolution = get_case_resolution(merchant_id=merchant_id, resolution_id=resolution_id)
    if resolution.status != CaseResolution.Status.APPROVED:
        return resolution
    subject = find_subject_of_case(resolution.case, resolution.attempt)
    if subject is None or resolution.verdict == CaseVerdict.KEEP_OURS:
        version = subject.version if subject else ""
        _end_case(merchant_id=merchant_id, resolution_id=resolution_id, version=version)
    else:
        record_movement_outcome(
            subject=subject, outcome=outcome_of(resolution, subject), proof=PersonProof(resolution_id)
        )
    return get_case_resolution(merchant_id=merchant_id, resolution_id=resolution_id)


@owns_transaction
def _end_case(*, merchant_id: UUID, resolution_id: UUID, version: str) -> None:
    resolution = lock_case_resolution(merchant_id=merchant_id, resolution_id=resolution_id)
    if resolution.status != CaseResolution.Status.APPROVED:
        return
    if resolution.subject_version == version:
        finish_resolution(resolution)
    else:
        lapse_resolution(resolution, CHANGED)
