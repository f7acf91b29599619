"""Put a question before a person, once, however often it comes up."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from foundation.context import current
from foundation.events.publishing import publish
from foundation.transactions import joins_transaction
from payments import events
from payments.models import Case, CaseKind


@joins_transaction
def open_case(
    *,
    merchant_id: UUID,
    kind: CaseKind,
    subject_kind: str,
    subject_id: UUID,
    payment_intent_id: UUID | None,
    evidence: dict[str, Any],
) -> None:
    """Writes a Case row and case.opened, unless the same question is open already."""
    case = Case(
        merchant_id=merchant_id,
        kind=kind,
        subject_kind=subject_kind,
        subject_id=subject_id,
        payment_intent_id=payment_intent_id,
        evidence=evidence,
        trace_id=current().trace_id,
    )
    # bulk_create knows ON CONFLICT; the model keeps no person's history that it could miss.
    before = Case.objects.for_merchant(merchant_id).filter(
        kind=kind, subject_kind=subject_kind, subject_id=subject_id, resolved_at__isnull=True
    )
    if before.exists():
        return
    Case.across_merchants.bulk_create([case], ignore_conflicts=True)
    publish(
        merchant_id=merchant_id,
        type=events.CASE_OPENED,
        object_type="case",
        object_id=case.id,
        data={"id": case.public_id, "object": "case", "kind": str(kind), "evidence": evidence},
    )
