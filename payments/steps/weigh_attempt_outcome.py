"""Weigh an outcome against what is recorded: does it apply, is it known, or does it contradict? Pure."""

from __future__ import annotations

from enum import Enum

from payments.models import AttemptStatus, PaymentAttempt
from payments.psp.outcomes import Declined, InquiryOutcome, Returned, Succeeded, Voided
from payments.psp.port import PspNews

S = AttemptStatus
RELEASED = (S.VOIDED, S.EXPIRED)
CAPTURED = (S.SUCCEEDED, S.PARTIALLY_CAPTURED)


class Verdict(Enum):
    APPLIES = "applies"
    KNOWN = "known"
    CONTRADICTS = "contradicts"
    RETURNS = "returns"


def weigh_attempt_outcome(
    attempt: PaymentAttempt, outcome: InquiryOutcome, *, has_open_capture: bool = False
) -> Verdict:
    """Undecided attempts take any answer. Decided ones take only what carries them further.

    has_open_capture: a capture of ours may be what the PSP tells of; its own door records it."""
    status = attempt.status
    if attempt.is_undecided or status == S.CREATED:
        return Verdict.APPLIES
    if isinstance(outcome, Succeeded):
        return _weigh_success(status, outcome, has_open_capture)
    if isinstance(outcome, Voided):
        if status == S.AUTHORIZED:
            return Verdict.APPLIES
        return Verdict.CONTRADICTS if status in CAPTURED and not _is_rest(attempt, outcome) else Verdict.KNOWN
    if isinstance(outcome, Returned):
        return _weigh_return(attempt, outcome)
    if isinstance(outcome, Declined) and status in (S.AUTHORIZED, *CAPTURED):
        return Verdict.CONTRADICTS
    # Pending, unknown, not sent, not found, an action asked for: older than what is proven.
    return Verdict.KNOWN


def _weigh_success(status: str, outcome: Succeeded, has_open_capture: bool) -> Verdict:
    # Of a charge that came back, the PSP's word of its earlier success is old news.
    if status in (*CAPTURED, S.RETURNED):
        return Verdict.KNOWN
    if status == S.AUTHORIZED and (outcome.captured is None or has_open_capture):
        return Verdict.KNOWN
    if status in RELEASED and outcome.captured is None:
        # Old news: it was authorized before it was released.
        return Verdict.KNOWN
    # Money was taken that we never asked for, or no longer expected.
    return Verdict.CONTRADICTS


def _is_rest(attempt: PaymentAttempt, outcome: Voided) -> bool:
    """Whether what ran out can be what was not captured; the sweep of expired authorizations lets it go here."""
    return outcome.is_expiry and attempt.amount_captured_minor < attempt.amount_minor


def _weigh_return(attempt: PaymentAttempt, outcome: Returned) -> Verdict:
    if attempt.status == S.RETURNED:
        return Verdict.KNOWN
    is_ours = not attempt.psp_reference or outcome.psp_reference in ("", attempt.psp_reference)
    return Verdict.RETURNS if attempt.status in CAPTURED and is_ours else Verdict.CONTRADICTS


def confirms_success(attempt: PaymentAttempt, outcome: InquiryOutcome) -> bool:
    """Whether the PSP says what is recorded: that money was taken on it."""
    return isinstance(outcome, Succeeded) and outcome.captured is not None and attempt.status in CAPTURED


def claim_of(outcome: InquiryOutcome) -> dict[str, str | int]:
    """What a contradicting answer claims, for the case: reference and sums in minor units, nothing of a person."""
    claim: dict[str, str | int] = {}
    if reference := getattr(outcome, "psp_reference", ""):
        claim["claimed_reference"] = reference
    if isinstance(outcome, Succeeded):
        moved = outcome.captured or outcome.amount
        claim |= {"claimed_minor": moved.amount_minor, "claimed_currency": moved.currency}
        claim["claimed"] = "captured" if outcome.captured is not None else "authorized"
        if outcome.psp_charge_reference:
            claim["claimed_charge"] = outcome.psp_charge_reference
    return claim


def tells_nothing_new(attempt: PaymentAttempt, news: PspNews) -> bool:
    """Whether news of this attempt repeats what is recorded, and nothing about the attempt is in doubt."""
    if attempt.next_check_at is not None or news.outcome is None:
        return False
    if attempt.psp_reference and news.psp_reference not in ("", attempt.psp_reference):
        # A second payment under one key is news, whatever became of it.
        return False
    if attempt.status in (S.AUTHORIZED, S.PARTIALLY_CAPTURED) and getattr(news.outcome, "captured", None):
        # Money was taken on it: a capture of ours may be waiting for just this news.
        return False
    return weigh_attempt_outcome(attempt, news.outcome) is Verdict.KNOWN
