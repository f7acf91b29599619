"""The life of a dispute, as pure rules: which news advances it, what its money counts as, whether a refund may leave.

What does not live here: rows, locks, entries. Words are Stripe's; `stage` is kept apart from `status`.
"""

from __future__ import annotations

from enum import Enum

NEEDS_RESPONSE = "needs_response"
UNDER_REVIEW = "under_review"
WON = "won"
LOST = "lost"
PREVENTED = "prevented"
WARNING_NEEDS_RESPONSE = "warning_needs_response"
WARNING_UNDER_REVIEW = "warning_under_review"
WARNING_CLOSED = "warning_closed"

INQUIRY = "inquiry"
STAGES = (INQUIRY, "chargeback", "second_chargeback", "pre_arbitration", "arbitration")
"""In the order in which a claim climbs; each may begin with a new deadline."""

HOLDING = frozenset({NEEDS_RESPONSE, UNDER_REVIEW, LOST, PREVENTED})
"""The PSP has taken the money or is about to: a refund would give it a second time."""
ANSWERABLE = frozenset({NEEDS_RESPONSE, WARNING_NEEDS_RESPONSE})
CLOSED = frozenset({WON, LOST, PREVENTED, WARNING_CLOSED})

DISPUTED_FUNDS = "assets/disputed_funds"
LOSSES = "expenses/dispute_losses"
REFUNDED = "income/refunds"
DISPUTE_FEES = "expenses/dispute_fees"

MOVED = "dispute_funds_moved"
RECOUNTED = "dispute_recounted"
"""The kinds of entries that disputes post."""

_PROGRESS = {
    WARNING_NEEDS_RESPONSE: 0,
    NEEDS_RESPONSE: 0,
    WARNING_UNDER_REVIEW: 1,
    UNDER_REVIEW: 1,
    WARNING_CLOSED: 2,
    LOST: 2,
    WON: 3,
    PREVENTED: 3,
}
"""Within a stage. Lost may still become won (a late win) or prove to have been prevented; never the other way round
without a new stage."""


class Verdict(Enum):
    """What a report of a status is to a dispute that has one already."""

    ADVANCE = "advance"
    KNOWN = "known"
    STALE = "stale"
    CONTRADICTION = "contradiction"


def weigh(*, stage: str, status: str, told_stage: str, told_status: str, is_newer: bool) -> Verdict:
    """is_newer: the PSP dates the report later than all that it said before.

    Reports come late, twice and in any order: an older word never lowers a status, and a newer one that would is a
    contradiction for a person to look at.
    """
    if (told_stage, told_status) == (stage, status):
        return Verdict.KNOWN
    if STAGES.index(told_stage) != STAGES.index(stage):
        return Verdict.ADVANCE if STAGES.index(told_stage) > STAGES.index(stage) else Verdict.STALE
    if _PROGRESS[told_status] > _PROGRESS[status]:
        return Verdict.ADVANCE
    went_back_on_the_end = status in CLOSED and told_status in CLOSED
    return Verdict.CONTRADICTION if is_newer and went_back_on_the_end else Verdict.STALE


def counts_as(status: str) -> str:
    """The ledger account in which the money of a dispute of this status stands while the PSP has it."""
    if status == LOST:
        return LOSSES
    return REFUNDED if status == PREVENTED else DISPUTED_FUNDS


def allows_refund(status: str) -> bool:
    """Whether what is disputed may be refunded: once won, or while it is only asked about."""
    return status not in HOLDING
