"""Take the word of two people as the proof of an outcome, once, and only for the movement that they looked at."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from foundation import clock
from foundation.transactions import joins_transaction
from payments.locks import lock_case_resolution
from payments.models import Case, CaseEnding, CaseKind, CaseResolution
from payments.models.case_subjects import Subject
from payments.steps.close_cases import close_cases

CHANGED = "The movement changed after it was looked at."


@dataclass(frozen=True, slots=True)
class PersonProof:
    """What stands behind an outcome when no PSP does: an approved CaseResolution."""

    resolution_id: UUID


@joins_transaction
def use_proof(proof: PersonProof, subject: Subject) -> bool:
    """Whether the proof holds; the subject's rows are locked, and the caller records the outcome in this transaction.

    False: it was used before, or lapses in this moment because the movement has changed.
    Writes: the resolution, its case and case.resolved."""
    resolution = lock_case_resolution(merchant_id=subject.row.merchant_id, resolution_id=proof.resolution_id)
    if resolution.status != CaseResolution.Status.APPROVED:
        return False
    if resolution.subject_version != subject.version:
        lapse_resolution(resolution, CHANGED)
        return False
    finish_resolution(resolution)
    return True


@joins_transaction
def lapse_resolution(resolution: CaseResolution, why: str) -> None:
    resolution.lapse()
    resolution.decided_at = resolution.decided_at or clock.now()
    resolution.decision_note = why
    resolution.save(update_fields=["status", "decided_at", "decision_note"])


@joins_transaction
def finish_resolution(resolution: CaseResolution) -> None:
    """It is used up, and its case ends. Writes both and case.resolved."""
    resolution.record()
    resolution.recorded_at = clock.now()
    resolution.save(update_fields=["status", "recorded_at"])
    case: Case = resolution.case
    close_cases(
        merchant_id=case.merchant_id,
        subject_kind=case.subject_kind,
        subject_id=case.subject_id,
        kinds=[CaseKind(case.kind)],
        ending=CaseEnding.RESOLVED,
    )
