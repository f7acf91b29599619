"""The evidence of a movement in doubt, as its page writes it out: the right fact first."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from foundation.backoffice.display import NOTHING, actor_words, amount, badge, instant, json_block, readable
from payments.admin.words import any_badge, payment_link, reason_words
from payments.models import Case, CaseResolution
from payments.queries.doubt import claimed_amount
from payments.queries.evidence import Evidence, gather_evidence

KINDS = {
    "attempt": "Charge",
    "void": "Release of a reservation",
    "capture": "Capture",
    "increment": "Larger reservation",
    "refund": "Refund",
    "setup_intent": "Saving of a payment method",
    "webhook": "Webhook of nothing we know",
    "line": "Settlement line of nothing we know",
}
ANSWER_WORDS = {
    "succeeded": "it says that it happened",
    "declined": "it says that it did not happen",
    "voided": "it says that it was released",
    "returned": "it says that the bank took the money back",
    "pending": "it is still waiting for the bank",
    "requires_action": "it waits for the customer",
    "not_found": "it knows nothing of it",
    "unknown": "it gave no usable answer; the question stands",
    "not_sent": "it could not be reached; the question stands",
}
RESOLUTION_BADGES = {
    "requested": ("Waits for approval", "wait"),
    "approved": ("Approved", "wait"),
    "recorded": ("Recorded", "good"),
    "refused": ("Refused", "bad"),
    "withdrawn": ("Withdrawn", "calm"),
    "lapsed": ("Lapsed", "calm"),
}
HOUR, DAY = 3_600, 86_400


def evidence_of(case: Case) -> Evidence:
    """Gathered once for a page."""
    known: Evidence | None = vars(case).get("read_evidence")
    if known is None:
        known = gather_evidence(
            merchant_id=case.merchant_id, kind=case.subject_kind, subject_id=case.subject_id, case=case
        )
        vars(case)["read_evidence"] = known
    return known


def duration_words(seconds: int) -> str:
    """ "45 s", "12 min", "5 h", "3 days"."""
    if seconds < 120:
        return f"{seconds} s"
    if seconds < 2 * HOUR:
        return f"{seconds // 60} min"
    return f"{seconds // HOUR} h" if seconds < 2 * DAY else f"{seconds // DAY} days"


def evidence_context(evidence: Evidence, case: Case | None) -> dict[str, Any]:
    """The variables of templates/admin/payments/case/evidence.html."""
    subject, facts = evidence.subject, evidence.facts
    at_risk = subject.amount if subject is not None else None
    if at_risk is None and case is not None:
        at_risk = claimed_amount(case)
    suggestion = evidence.suggestion
    return {
        "kind_words": KINDS.get(evidence.kind, evidence.kind),
        "at_risk": amount(at_risk),
        "state": any_badge(subject.row.status) if subject is not None else NOTHING,
        "facts": [
            ("Amount at risk", amount(at_risk)),
            ("Age", duration_words(facts.age_seconds) if facts else NOTHING),
            ("The PSP reports within", duration_words(facts.report_delay_seconds) if facts else NOTHING),
            ("We ask again", instant(subject.row.next_check_at) if subject is not None else NOTHING),
            ("Asked so far", len(evidence.inquiries)),
            ("Why", reason_words(getattr(subject.row, "unknown_reason", "")) if subject else NOTHING),
        ],
        "suggested": suggestion.verdict.label if suggestion.verdict else "No verdict yet",
        "suggested_amount": readable(suggestion.amount) if suggestion.amount else "",
        "reasons": suggestion.reasons,
        "payment": payment_link(subject.intent) if subject is not None else NOTHING,
        "reference": subject.row.psp_reference if subject is not None else "",
        "calls": [_call_line(call) for call in evidence.calls],
        "webhooks": [_webhook_line(webhook) for webhook in evidence.webhooks],
        "lines": [
            {
                "words": line.kind.replace("_", " ").capitalize(),
                "amount": amount(line.gross),
                "at": instant(line.occurred_at),
                "key": line.name,
                "is_missing": line.break_id is not None,
            }
            for line in evidence.lines
        ],
        "cases": [_case_line(one) for one in evidence.cases if case is None or one.pk != case.pk],
        "resolutions": [resolution_line(one) for one in evidence.resolutions],
    }


def _call_line(call: Any) -> dict[str, Any]:
    return {
        "at": instant(call.created_at),
        "words": call.operation.replace("_", " "),
        "outcome": call.outcome.replace("_", " "),
        "status": f"HTTP {call.http_status}" if call.http_status else "",
        "latency": f"{call.latency_ms} ms",
        "request": json_block(call.request),
        "answer": json_block(call.answer),
    }


def _webhook_line(webhook: Any) -> dict[str, Any]:
    return {
        "at": instant(webhook.received_at),
        "words": webhook.event_type,
        "told": webhook.told.replace("_", " ") or NOTHING,
        "url": reverse("admin:payments_pspwebhook_change", args=[webhook.pk]),
    }


def _case_line(case: Case) -> dict[str, Any]:
    return {
        "words": case.get_kind_display(),
        "state": badge("Open", "warn") if case.resolved_at is None else badge("Resolved", "good"),
        "at": instant(case.created_at),
        "evidence": json_block(case.evidence),
        "url": reverse("admin:payments_case_change", args=[case.pk]),
    }


def resolution_line(resolution: CaseResolution) -> dict[str, Any]:
    return {
        "verdict": resolution.get_verdict_display(),
        "amount": readable(resolution.amount) if resolution.amount else "",
        "state": badge(*RESOLUTION_BADGES[resolution.status]),
        "by": actor_words(resolution.requested_by),
        "decided_by": actor_words(resolution.decided_by) if resolution.decided_by else "",
        "proof": resolution.proof,
        "reference": resolution.proof_reference,
        "note": resolution.decision_note,
        "url": reverse("admin:payments_caseresolution_change", args=[resolution.pk]),
    }
