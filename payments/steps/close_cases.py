"""End the open questions about a movement, and with them what people had asked to be approved."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from foundation import clock
from foundation.events.publishing import NewEvent, publish_all
from foundation.transactions import joins_transaction
from payments import events
from payments.locks import lock_open_cases, lock_open_resolutions
from payments.models import CaseEnding, CaseKind
from payments.shapes.cases import case_shape


@joins_transaction
def close_cases(
    *,
    merchant_id: UUID,
    subject_kind: str,
    subject_id: UUID,
    kinds: Collection[CaseKind],
    ending: CaseEnding = CaseEnding.PROVEN,
    evidence: Mapping[str, Any] | None = None,
) -> int:
    """Answers how many were open. evidence: what is added to theirs.

    Writes the cases, case.resolved, and the requests that lapse with them."""
    cases = lock_open_cases(
        merchant_id=merchant_id, subject_kind=subject_kind, subject_id=subject_id, kinds=kinds
    )
    for case in cases:
        case.resolved_at = clock.now()
        case.ending = ending
        case.evidence = {**case.evidence, **(evidence or {})}
        case.save(update_fields=["resolved_at", "ending", "evidence"])
        for resolution in lock_open_resolutions(case):
            resolution.lapse()
            resolution.decided_at = resolution.decided_at or clock.now()
            resolution.decision_note = resolution.decision_note or f"{CaseEnding(ending).label}."
            resolution.save(update_fields=["status", "decided_at", "decision_note"])
    publish_all(
        [NewEvent(merchant_id, events.CASE_RESOLVED, "case", case.id, case_shape(case)) for case in cases]
    )
    return len(cases)


@joins_transaction
def close_renewals_case(*, merchant_id: UUID, subscription_id: UUID, evidence: Mapping[str, Any]) -> None:
    """For the floor above: a person has decided what becomes of the missed periods. Writes as close_cases."""
    close_cases(
        merchant_id=merchant_id,
        subject_kind="subscription",
        subject_id=subscription_id,
        kinds=[CaseKind.RENEWALS_MISSED],
        ending=CaseEnding.SETTLED,
        evidence=evidence,
    )
