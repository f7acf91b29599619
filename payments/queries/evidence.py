"""Everything that is known of one movement in doubt, gathered for one page, with the verdict that it suggests."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from foundation import clock
from foundation.money import Money
from payments.models import (
    AttemptStatus,
    Capture,
    Case,
    CaseKind,
    CaseResolution,
    CaseVerdict,
    PaymentAttempt,
    PspCall,
    PspWebhook,
    Refund,
)
from payments.models.attempts import ENDED_WITHOUT_MONEY
from payments.models.case_subjects import Subject, allowed_verdicts
from payments.queries.cases import find_subject
from payments.queries.doubt import claimed_amount
from payments.queries.settled import SettledLine, list_settled_lines
from payments.verdicts import DoubtFacts, Suggestion, suggest_verdict

SHOWN = 100
INQUIRE = "inquire"
UNRECORDED = ("failed", "canceled")


@dataclass(frozen=True, slots=True)
class Evidence:
    """calls and webhooks: newest first. cases: every one about the movement, open or not."""

    kind: str
    subject: Subject | None
    calls: list[PspCall]
    webhooks: list[PspWebhook]
    lines: list[SettledLine]
    cases: list[Case]
    resolutions: list[CaseResolution]
    facts: DoubtFacts | None
    suggestion: Suggestion
    allowed: tuple[CaseVerdict, ...]

    @property
    def inquiries(self) -> list[PspCall]:
        return [call for call in self.calls if call.operation == INQUIRE]


def gather_evidence(*, merchant_id: UUID, kind: str, subject_id: UUID, case: Case | None = None) -> Evidence:
    """Of one movement, whether or not there is a case about it. case: the question that is asked."""
    subject = find_subject(merchant_id=merchant_id, kind=kind, subject_id=subject_id)
    cases = list(
        Case.objects.for_merchant(merchant_id).filter(subject_kind=kind, subject_id=subject_id)[:SHOWN]
    )
    case = case or next((one for one in cases if one.resolved_at is None), None)
    calls = list(_calls(merchant_id, kind, subject))
    webhooks = list(_webhooks(merchant_id, kind, subject_id, subject))
    lines = list_settled_lines(subject) if subject is not None else []
    facts = _facts(subject, calls, webhooks, lines, case) if subject is not None else None
    return Evidence(
        kind=kind,
        subject=subject,
        calls=calls,
        webhooks=webhooks,
        lines=lines,
        cases=cases,
        resolutions=list(CaseResolution.objects.for_merchant(merchant_id).filter(case__in=cases)[:SHOWN]),
        facts=facts,
        suggestion=suggest_verdict(facts) if facts is not None else _of_strangers(kind),
        allowed=allowed_verdicts(case.kind if case else CaseKind.IN_DOUBT, subject),
    )


def _calls(merchant_id: UUID, kind: str, subject: Subject | None) -> Any:
    if subject is None:
        return []
    rows = PspCall.objects.for_merchant(merchant_id).select_related("psp_account")
    intent_id = subject.intent.id if subject.intent else None
    told_as = "attempt" if kind == "void" else kind
    return rows.filter(payment_intent_id=intent_id, subject_kind=told_as, subject_id=subject.row.pk)[:SHOWN]


def _webhooks(merchant_id: UUID, kind: str, subject_id: UUID, subject: Subject | None) -> Any:
    rows = PspWebhook.objects.for_merchant(merchant_id).select_related("psp_account").defer("headers")
    if kind == "webhook":
        return rows.filter(pk=subject_id)
    if subject is None or subject.intent is None:
        return []
    told = rows.filter(payment_intent_id=subject.intent.id)
    if subject.row.psp_reference and not isinstance(subject.row, Capture):
        told = told.filter(psp_reference=subject.row.psp_reference)
    return told[:SHOWN]


def _facts(
    subject: Subject,
    calls: Sequence[PspCall],
    webhooks: Sequence[PspWebhook],
    lines: Sequence[SettledLine],
    case: Case | None,
) -> DoubtFacts:
    row = subject.row
    since = getattr(row, "void_requested_at", None) if subject.kind == "void" else None
    began_at = since or row.submitted_at or row.created_at
    claims = [str(case.evidence["psp_says"])] if case and "psp_says" in case.evidence else []
    return DoubtFacts(
        asked=subject.amount,
        age_seconds=int((clock.now() - began_at).total_seconds()),
        report_delay_seconds=subject.account.maximum_report_delay_seconds if subject.account else 0,
        is_void=subject.kind == "void",
        is_decided=not subject.is_undecided,
        booked=_says_money_moved(row),
        has_reference=bool(row.psp_reference),
        settled=_sum(lines),
        told=claimed_amount(case) if case else None,
        answers=tuple(call.outcome for call in calls if call.operation == INQUIRE),
        news=(*(webhook.told for webhook in webhooks if webhook.told), *claims),
    )


def _says_money_moved(row: Any) -> bool:
    if isinstance(row, PaymentAttempt):
        return row.status not in (*ENDED_WITHOUT_MONEY, AttemptStatus.RETURNED)
    return row.status not in UNRECORDED if isinstance(row, Capture | Refund) else True


def _sum(lines: Sequence[SettledLine]) -> Money | None:
    amounts = [abs(line.gross) for line in lines]
    if not amounts or len({amount.currency for amount in amounts}) > 1:
        return None
    return Money(sum(amount.amount_minor for amount in amounts), amounts[0].currency)


def _of_strangers(kind: str) -> Suggestion:
    what = "settlement line" if kind == "line" else "webhook"
    return Suggestion(
        None,
        (f"Nothing of ours is named by this {what}: find the payment it belongs to, or say whose it is.",),
    )
