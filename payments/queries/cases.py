"""Reading cases, what they are about, and what people said of them."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from foundation.errors import ResourceMissing
from payments.models import (
    AuthorizationIncrement,
    Capture,
    Case,
    CaseResolution,
    PaymentAttempt,
    Refund,
    SetupIntent,
)
from payments.models.case_subjects import Subject

_OF_AN_ATTEMPT = {"capture": Capture, "increment": AuthorizationIncrement, "refund": Refund}


def get_case(*, merchant_id: UUID, case_id: UUID) -> Case:
    """Raises ResourceMissing."""
    case = Case.objects.for_merchant(merchant_id).filter(pk=case_id).first()
    if case is None:
        raise ResourceMissing("No such case.", param="case")
    return case


def find_case_of(*, merchant_id: UUID, subject_kind: str, subject_id: UUID) -> Case | None:
    """The newest open case about a movement."""
    rows = Case.objects.for_merchant(merchant_id).filter(
        subject_kind=subject_kind, subject_id=subject_id, resolved_at__isnull=True
    )
    return rows.first()


def find_open_resolution(case: Case) -> CaseResolution | None:
    rows = CaseResolution.objects.for_merchant(case.merchant_id).filter(case_id=case.id)
    return rows.filter(status__in=["requested", "approved"]).first()


def get_case_resolution(*, merchant_id: UUID, resolution_id: UUID) -> CaseResolution:
    """With its case and the charge it names. Raises ResourceMissing."""
    rows = CaseResolution.objects.for_merchant(merchant_id).select_related("case", "attempt")
    resolution = rows.filter(pk=resolution_id).first()
    if resolution is None:
        raise ResourceMissing("No such case resolution.", param="case_resolution")
    return resolution


def find_subject(*, merchant_id: UUID, kind: str, subject_id: UUID) -> Subject | None:
    """The movement of ours that is meant; None of a webhook or a settlement line that nobody knows."""
    if kind in ("attempt", "void"):
        return _subject_of_attempt(merchant_id, kind, subject_id)
    if kind == "setup_intent":
        setup = (
            SetupIntent.objects.for_merchant(merchant_id)
            .select_related("psp_account", "merchant")
            .filter(pk=subject_id)
            .first()
        )
        return None if setup is None else Subject(kind, setup, None, None, setup.psp_account)
    model: Any = _OF_AN_ATTEMPT.get(kind)
    if model is None:
        return None
    row = (
        model.objects.for_merchant(merchant_id)
        .select_related("attempt__psp_account", "attempt__payment_intent__latest_attempt")
        .filter(pk=subject_id)
        .first()
    )
    if row is None:
        return None
    return Subject(kind, row, row.attempt, row.attempt.payment_intent, row.attempt.psp_account)


def find_subject_of_case(case: Case, attempt: PaymentAttempt | None = None) -> Subject | None:
    """What a case is about. attempt: the charge that people named, for what nobody knew."""
    if attempt is not None:
        return _subject_of_attempt(case.merchant_id, "attempt", attempt.id)
    return find_subject(merchant_id=case.merchant_id, kind=case.subject_kind, subject_id=case.subject_id)


def _subject_of_attempt(merchant_id: UUID, kind: str, attempt_id: UUID) -> Subject | None:
    attempt = (
        PaymentAttempt.objects.for_merchant(merchant_id)
        .select_related("psp_account", "payment_intent__latest_attempt")
        .filter(pk=attempt_id)
        .first()
    )
    if attempt is None:
        return None
    return Subject(kind, attempt, attempt, attempt.payment_intent, attempt.psp_account)
