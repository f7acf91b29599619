"""Weigh an outcome against what is recorded: does it apply, is it known, or does it contradict? Pure."""

from __future__ import annotations

from enum import Enum

from payments.models import AttemptStatus, PaymentAttempt
from payments.psp.outcomes import Declined, InquiryOutcome, Succeeded, Voided

S = AttemptStatus
RELEASED = (S.VOIDED, S.EXPIRED)
CAPTURED = (S.SUCCEEDED, S.PARTIALLY_CAPTURED)


class Verdict(Enum):
    APPLIES = "applies"
    KNOWN = "known"
    CONTRADICTS = "contradicts"


def weigh_attempt_outcome(attempt: PaymentAttempt, outcome: InquiryOutcome) -> Verdict:
    """Undecided attempts take any answer. Decided ones take only what carries them further."""
    status = attempt.status
    if attempt.is_undecided or status == S.CREATED:
        return Verdict.APPLIES
    if isinstance(outcome, Succeeded):
        return _weigh_success(status, outcome)
    if isinstance(outcome, Voided):
        if status == S.AUTHORIZED:
            return Verdict.APPLIES
        return Verdict.CONTRADICTS if status in CAPTURED else Verdict.KNOWN
    if isinstance(outcome, Declined) and status in (S.AUTHORIZED, *CAPTURED):
        return Verdict.CONTRADICTS
    # Pending, unknown, not sent, not found, an action asked for: older than what is proven.
    return Verdict.KNOWN


def _weigh_success(status: str, outcome: Succeeded) -> Verdict:
    if status in CAPTURED:
        return Verdict.KNOWN
    if status == S.AUTHORIZED:
        # Captured at the PSP: a capture of ours is under way, whose own door records it (or a case is due).
        return Verdict.KNOWN
    return Verdict.CONTRADICTS
