"""Put a question before a person, once, however often it comes up."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from foundation.context import current
from foundation.events.publishing import publish
from foundation.transactions import joins_transaction
from payments import events
from payments.models import Case, CaseKind
from payments.shapes.cases import case_shape

CONTRADICTION = CaseKind.CONTRADICTION
"""For the floors above, which do not read our models."""


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
        data=case_shape(case),
    )


@joins_transaction
def open_renewals_case(*, merchant_id: UUID, subscription_id: UUID, evidence: dict[str, Any]) -> None:
    """For the floor above: periods of a subscription were missed. Writes as open_case."""
    open_case(
        merchant_id=merchant_id,
        kind=CaseKind.RENEWALS_MISSED,
        subject_kind="subscription",
        subject_id=subscription_id,
        payment_intent_id=None,
        evidence=evidence,
    )


@joins_transaction
def open_numbers_case(*, merchant_id: UUID, series_id: UUID, evidence: dict[str, Any]) -> None:
    """For the floor above: a series of document numbers has a gap. Writes as open_case."""
    open_case(
        merchant_id=merchant_id,
        kind=CaseKind.NUMBERS_MISSING,
        subject_kind="number_series",
        subject_id=series_id,
        payment_intent_id=None,
        evidence=evidence,
    )


@joins_transaction
def open_line_amount_case(*, merchant_id: UUID, line_id: UUID, evidence: dict[str, Any]) -> None:
    """For the floor above: an invoice line is not what its inputs come to. Writes as open_case."""
    open_case(
        merchant_id=merchant_id,
        kind=CaseKind.LINE_DIFFERS,
        subject_kind="invoice_line",
        subject_id=line_id,
        payment_intent_id=None,
        evidence=evidence,
    )
