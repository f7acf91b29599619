"""What the approval of a case's resolution is bound to, as one hash, and the outcome that it stands for."""

from __future__ import annotations

import json
from hashlib import sha256
from typing import Any

from foundation.money import Money
from payments.models import (
    AttemptStatus,
    AuthorizationIncrement,
    CaptureMethod,
    Case,
    CaseResolution,
    CaseVerdict,
    PaymentAttempt,
    Refund,
    SetupIntent,
)
from payments.models.case_subjects import Subject
from payments.psp.outcomes import Declined, InquiryOutcome, NotSent, Succeeded, Voided

BY_PEOPLE = "proven_by_people"


def hash_of(resolution: CaseResolution) -> str:
    """SHA-256 in hex over everything that is approved, computed anew."""
    told: dict[str, Any] = {
        "merchant": str(resolution.merchant_id),
        "case": str(resolution.case_id),
        "verdict": str(resolution.verdict),
        "amount": [resolution.amount_minor, resolution.currency],
        "attempt": str(resolution.attempt_id or ""),
        "proof": resolution.proof,
        "proof_reference": resolution.proof_reference,
        "subject_version": resolution.subject_version,
    }
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def outcome_of(resolution: CaseResolution, subject: Subject) -> InquiryOutcome:
    """The outcome that the movement's door is told. Not for keep_ours, which records nothing."""
    row, case = subject.row, resolution.case
    if resolution.verdict == CaseVerdict.DID_NOT_HAPPEN:
        return _absence(subject)
    reference = row.psp_reference or str(case.evidence.get("claimed_reference") or resolution.proof_reference)
    if subject.kind == "void":
        return Voided(psp_reference=reference)
    if isinstance(row, SetupIntent):
        return Succeeded(psp_reference=reference, amount=Money.zero("usd"))
    amount = resolution.amount or row.amount
    if isinstance(row, PaymentAttempt):
        return Succeeded(
            psp_reference=reference,
            psp_charge_reference=row.psp_charge_reference or str(case.evidence.get("claimed_charge") or ""),
            amount=amount,
            captured=amount if _was_taken(row, case) else None,
        )
    if isinstance(row, AuthorizationIncrement | Refund):
        return Succeeded(psp_reference=reference, amount=amount)
    return Succeeded(psp_reference=reference, amount=amount, captured=amount)


def _absence(subject: Subject) -> InquiryOutcome:
    if subject.kind in ("void", "refund", "increment", "setup_intent"):
        # A void stays undone, a refund is not sent a second time by itself.
        return Declined(code=BY_PEOPLE, psp_reference=subject.row.psp_reference)
    return NotSent(reason=BY_PEOPLE)


def _was_taken(attempt: PaymentAttempt, case: Case) -> bool:
    claimed = case.evidence.get("claimed")
    if claimed:
        return bool(claimed == "captured")
    return attempt.capture_method == CaptureMethod.AUTOMATIC or attempt.status == AttemptStatus.AUTHORIZED
