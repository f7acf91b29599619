"""The money-in-doubt desk: every movement whose outcome nobody knows, and every open question, oldest first.

Read through the partial indexes of due checks and of open cases; each kind is read to a limit, and counted to one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from foundation.money import Money
from payments.models import (
    AttemptStatus,
    AuthorizationIncrement,
    Capture,
    Case,
    CaseKind,
    PaymentAttempt,
    PspAccount,
    Refund,
    SetupIntent,
    SetupIntentStatus,
)

ROWS_PER_KIND = 200
LINE_CASES = 200
UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Doubt:
    """One movement, or one webhook or settlement line that is nobody's.

    kind: as Case.subject_kind. amount: at risk; None where no money moves, or nobody knows how much.
    since: when the call left, or the question came up. report_delay_seconds: the PSP's maximum; None where no PSP
    is asked. reason: why it is in doubt, as it was written down. case: the newest open one.
    """

    kind: str
    subject_id: UUID
    merchant_id: UUID
    amount: Money | None
    since: datetime
    psp_account: PspAccount | None
    next_look_at: datetime | None
    reason: str
    payment_intent_id: UUID | None
    case: Case | None

    def age_seconds(self, now: datetime) -> int:
        return max(int((now - self.since).total_seconds()), 0)

    def is_overdue(self, now: datetime) -> bool:
        """Whether the PSP would have had to report it by now."""
        account = self.psp_account
        return account is None or self.age_seconds(now) > account.maximum_report_delay_seconds


def list_doubts(*, merchant_ids: Sequence[UUID] | None) -> list[Doubt]:
    """Of these merchants, of all with None; oldest first, at most 200 of a kind."""
    cases = list(_open_cases(merchant_ids).order_by("created_at")[: 2 * ROWS_PER_KIND])
    by_subject = {(case.subject_kind, case.subject_id): case for case in cases}
    doubts = [
        _doubt(kind, row, by_subject.pop((kind, row.pk), None))
        for kind, rows in _doubtful(merchant_ids).items()
        for row in rows[:ROWS_PER_KIND]
    ]
    doubts += _of_cases(by_subject.values())
    return sorted(doubts, key=lambda doubt: doubt.since)


def count_doubts(*, merchant_ids: Sequence[UUID] | None) -> int:
    """How many the desk would show; each kind counted to its limit."""
    return len(list_doubts(merchant_ids=merchant_ids))


def list_open_line_cases() -> list[tuple[UUID, UUID]]:
    """(merchant, break) of settlement lines that nobody knew, whoever's they are; the longest unseen first."""
    rows = _open_cases(None).filter(kind=CaseKind.UNMATCHED, subject_kind="line").order_by("created_at")
    return list(rows.values_list("merchant_id", "subject_id")[:LINE_CASES])


def _open_cases(merchant_ids: Sequence[UUID] | None) -> QuerySet[Case]:
    return _of(Case, merchant_ids).filter(resolved_at__isnull=True)


def _doubtful(merchant_ids: Sequence[UUID] | None) -> dict[str, QuerySet[Any]]:
    """By kind, through the indexes of due checks: what is in doubt is looked at."""

    def looked_at(model: Any, *related: str) -> QuerySet[Any]:
        rows = _of(model, merchant_ids).filter(next_check_at__isnull=False)
        return rows.select_related(*related).order_by("next_check_at")

    attempts = looked_at(PaymentAttempt, "psp_account")
    of_attempt = ("attempt__psp_account",)
    return {
        "attempt": attempts.filter(status=AttemptStatus.UNKNOWN),
        "void": attempts.filter(void_requested_at__isnull=False).filter(
            Q(status=AttemptStatus.AUTHORIZED) | Q(status=AttemptStatus.REQUIRES_ACTION)
        ),
        "capture": looked_at(Capture, *of_attempt).filter(status=UNKNOWN),
        "increment": looked_at(AuthorizationIncrement, *of_attempt).filter(status=UNKNOWN),
        "refund": looked_at(Refund, *of_attempt).filter(status=UNKNOWN),
        "setup_intent": looked_at(SetupIntent, "psp_account").filter(status=SetupIntentStatus.PROCESSING),
    }


def _doubt(kind: str, row: Any, case: Case | None) -> Doubt:
    attempt = row if isinstance(row, PaymentAttempt) else getattr(row, "attempt", None)
    asked_at = row.void_requested_at if kind == "void" else row.submitted_at
    return Doubt(
        kind=kind,
        subject_id=row.pk,
        merchant_id=row.merchant_id,
        amount=None if isinstance(row, SetupIntent) else row.amount,
        since=asked_at or row.created_at,
        psp_account=attempt.psp_account if attempt is not None else row.psp_account,
        next_look_at=row.next_check_at,
        reason=getattr(row, "unknown_reason", ""),
        payment_intent_id=attempt.payment_intent_id if attempt is not None else None,
        case=case,
    )


def _of_cases(cases: Iterable[Case]) -> list[Doubt]:
    """Questions about what is decided, or about nothing of ours."""
    return [
        Doubt(
            kind=case.subject_kind,
            subject_id=case.subject_id,
            merchant_id=case.merchant_id,
            amount=claimed_amount(case),
            since=case.created_at,
            psp_account=None,
            next_look_at=None,
            reason=str(case.evidence.get("reason", "")),
            payment_intent_id=case.payment_intent_id,
            case=case,
        )
        for case in cases
    ]


def claimed_amount(case: Case) -> Money | None:
    """What the PSP claims in a case to have moved."""
    evidence = case.evidence
    if not evidence.get("claimed_minor") or not evidence.get("claimed_currency"):
        return None
    return Money(int(evidence["claimed_minor"]), str(evidence["claimed_currency"]))


def _of(model: Any, merchant_ids: Sequence[UUID] | None) -> QuerySet[Any]:
    rows = model.across_merchants.order_by()
    return rows if merchant_ids is None else rows.filter(merchant_id__in=merchant_ids)
