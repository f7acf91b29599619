"""The dispute's page as its template writes it out: the right fact first, each number with its proof."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from disputes.admin.actions import ANSWER
from disputes.admin.answers import why_not_answerable
from disputes.admin.timeline import timeline_lines
from disputes.admin.words import (
    MISSING_WORDS,
    STANDING_WORDS,
    both_zones,
    deadline_badge,
    dispute_link,
    field_words,
    formula_words,
    gap_words,
    network_words,
    odds_words,
    position_words,
    reason_words,
    status_badge,
    time_left,
)
from disputes.compelling_evidence import QUALIFYING_CODE
from disputes.models import Dispute, DisputeStatus, OrderKind
from disputes.queries.dispute_page import DisputePage
from disputes.reason_codes import wanted_for
from disputes.schedules import AUTO_SUBMIT_HOURS
from foundation import clock
from foundation.backoffice.display import actor_words, amount, badge, instant, readable
from foundation.backoffice.links import page_link
from foundation.money import Money
from ledger.queries.entries import Entry

ON_ITS_WAY = {
    OrderKind.SUBMIT: "The evidence is on its way to the PSP; it has not confirmed it yet.",
    OrderKind.ACCEPT: "Accepting is on its way to the PSP; it has not confirmed it yet.",
}
S = DisputeStatus
NEXT: dict[str, str] = {
    S.WARNING_UNDER_REVIEW: "The bank reads our answer. No money has moved.",
    S.WARNING_CLOSED: "The inquiry ended without a chargeback. No money has moved.",
    S.UNDER_REVIEW: "The bank reads our evidence. It decides, often after weeks; nothing can be added.",
    S.WON: "Won: the money is ours.",
    S.PREVENTED: "Refunded before it became a dispute: no dispute fee, and it counts in no rate.",
}


def page_context(page: DisputePage, staff: Any) -> dict[str, Any]:
    """The template's variables. staff: who reads; entries and events lead on for those who may open them."""
    dispute, now = page.dispute, clock.now()
    has_books = staff.has_perm("ledger.view_journalentry")
    due = dispute.evidence_due_at
    return {
        "dispute": dispute,
        "claim": page.code.claim,
        "reason": reason_words(dispute.reason),
        "network": network_words(dispute),
        "status": status_badge(dispute),
        "stage": dispute.get_stage_display(),  # type: ignore[attr-defined]
        "countdown": deadline_badge(dispute, now),
        "due": both_zones(due) if due and dispute.is_answerable else "",
        "next_words": next_words(page),
        "facts": _facts(page),
        "payment": page_link("payment_intent", dispute.payment_intent_id),
        "customer": page_link("customer", dispute.payment_intent.customer_id),
        "timeline": timeline_lines(page, sees_machinery=staff.has_perm("foundation.view_event")),
        "evidence_url": reverse("admin:disputes_dispute_evidence", args=[dispute.pk]),
        "evidence_label": _evidence_label(page, staff),
        "checklist": _checklist(page),
        "gap_count": len(page.gaps),
        "is_answerable": dispute.is_answerable and page.answer is None,
        "standing": _standing(page),
        "refund_words": refund_words(page),
        "refund_badge": badge("Refund possible", "good") if page.allows_refund else badge("Blocked", "bad"),
        "worth": _worth(page),
        "position": position_words(page.taken),
        "entries": [_entry(entry, has_books=has_books) for entry in page.entries],
        "movements": [_movement(row) for row in page.movements],
        "others": [_other(other) for other in page.others],
        "notes": [(note.text, actor_words(note.written_by), instant(note.created_at)) for note in page.notes],
    }


def next_words(page: DisputePage) -> str:
    """What happens next, and what happens if nobody does anything."""
    dispute, now = page.dispute, clock.now()
    if page.answer is not None and page.answer.is_undecided and dispute.is_answerable:
        return ON_ITS_WAY[OrderKind(page.answer.kind)]
    if dispute.status == S.LOST:
        how = {"accepted": "We accepted it.", "expired": "Nobody answered in time."}.get(
            dispute.closed_by, ""
        )
        return f"Lost. {how} The money is gone, unless the network still changes its mind.".replace("  ", " ")
    if not dispute.is_answerable:
        return NEXT[dispute.status]
    if dispute.status == S.WARNING_NEEDS_RESPONSE:
        return (
            "The bank only asks; no money has moved. Answer, or refund: what is refunded in full seldom becomes a "
            "chargeback. Left alone it may become one, with a fee."
        )
    sentences = [_if_nobody_acts(page)]
    if dispute.accepts_at is not None:
        sentences.append(
            f"By rule it is accepted in {time_left(dispute.accepts_at, now).removesuffix(' left')}, unless somebody "
            "takes it, notes something or stages evidence before."
        )
    refused = next((order for order in page.orders if order.status == "refused"), None)
    if refused is not None:
        sentences.append(f"The PSP refused our last answer ({refused.failure_code.replace('_', ' ')}).")
    return " ".join(sentences)


def refund_words(page: DisputePage) -> str:
    dispute = page.dispute
    if not page.allows_refund:
        why = {
            S.LOST: "The dispute gave the customer the money for good",
            S.PREVENTED: "The customer was refunded before it became a dispute",
        }.get(S(dispute.status), "The PSP took the money for this dispute, or is about to")
        rest = (
            "" if page.refundable.is_zero else f" Of the rest, {readable(page.refundable)} can be refunded."
        )
        return f"{why}: a refund would give it a second time.{rest}"
    if page.refundable.is_zero:
        return "This dispute does not block a refund, but nothing of the charge is left to refund."
    return f"This dispute does not block a refund: {readable(page.refundable)} of the charge can be refunded."


def _if_nobody_acts(page: DisputePage) -> str:
    if why_not := why_not_answerable(page.dispute):
        return f"{why_not} It is lost unless the PSP says otherwise."
    is_staged = any(page.dispute.evidence.values())
    if is_staged and page.policy is not None and page.policy.submits_staged_evidence:
        return (
            f"What is staged goes out by itself {AUTO_SUBMIT_HOURS} hours before the deadline, as it is then."
        )
    if is_staged:
        return "Evidence is staged and nothing sends it by itself: submit it before the deadline."
    return "Submit evidence or accept. Without an answer it is lost at the deadline."


def _facts(page: DisputePage) -> list[tuple[str, str]]:
    dispute = page.dispute
    attempt = dispute.attempt
    refunded = Money(attempt.amount_refunded_minor, attempt.currency)
    facts = [("Disputed", amount(dispute.amount)), ("Charged", amount(page.charged))]
    if not refunded.is_zero:
        facts.append(("Refunded before", amount(refunded)))
    facts += [("The PSP has", amount(money)) for money in page.taken.values()] or [("The PSP has", "nothing")]
    facts += [("Dispute fees", amount(fee)) for fee in page.fees.values()]
    return facts


def _evidence_label(page: DisputePage, staff: Any) -> str:
    if page.dispute.is_answerable and page.answer is None and staff.has_perm(ANSWER):
        return "Fill in the evidence"
    return "Look at the evidence"


def _checklist(page: DisputePage) -> list[dict[str, Any]]:
    """What matters for the claim, each as there or missing."""
    wanted, evidence = wanted_for(page.code.category), page.evidence
    lines = [
        {"words": field_words(name), "is_there": bool(evidence.get(name)), "weight": "required"}
        for name in wanted.required
    ]
    if wanted.one_of:
        given = [field_words(name) for name in wanted.one_of if evidence.get(name)]
        missing = next((gap for gap in page.gaps if gap.alternatives == wanted.one_of), None)
        words = ", ".join(given) if missing is None else gap_words(missing)
        lines.append({"words": words, "is_there": missing is None, "weight": "one of these"})
    helpful = [field_words(name) for name in wanted.optional if evidence.get(name)]
    lines += [{"words": words, "is_there": True, "weight": "helps"} for words in helpful]
    return lines


def _standing(page: DisputePage) -> dict[str, Any] | None:
    if page.dispute.network_reason_code != QUALIFYING_CODE:
        return None
    return {
        "badge": badge(*STANDING_WORDS[page.standing.status]),
        "charges": page.standing.charges,
        "missing": [
            MISSING_WORDS.get(name, name.replace("_", " ")) for name in page.standing.required_actions
        ],
    }


def _worth(page: DisputePage) -> dict[str, Any]:
    worth = page.worth
    is_positive = worth.value > Money.zero(worth.amount.currency)
    return {
        "value": amount(worth.value),
        "badge": badge("Worth fighting", "good") if is_positive else badge("Accepting costs less", "warn"),
        "formula": formula_words(worth),
        "odds": odds_words(worth),
        "proof_url": (
            f"{reverse('admin:disputes_dispute_changelist')}?ended=fought&network={page.dispute.network}"
            f"&code={page.dispute.network_reason_code}"
        ),
    }


def _entry(entry: Entry, *, has_books: bool) -> dict[str, Any]:
    zero = Money.zero(entry.lines[0].amount.currency)
    return {
        "id": entry.id,
        "title": entry.kind.replace("_", " ").capitalize(),
        "reference": entry.external_reference,
        "url": reverse("admin:ledger_journalentry_change", args=[entry.id]) if has_books else "",
        "at": instant(entry.effective_at),
        "lines": [
            {
                "path": line.path,
                "debit": amount(line.amount) if line.amount > zero else "",
                "credit": amount(-line.amount) if line.amount < zero else "",
            }
            for line in entry.lines
        ],
    }


def _movement(row: Any) -> dict[str, Any]:
    words = "Taken" if row.amount_minor < 0 else "Given back" if row.amount_minor > 0 else "Fee only"
    fee = ""
    if row.fee_minor:
        kind = "counter fee" if row.is_counter_fee else "dispute fee"
        fee = f"{kind} {readable(abs_money(row.fee))} {'charged' if row.fee_minor > 0 else 'given back'}"
    return {
        "words": words,
        "amount": amount(abs_money(row.amount)) if row.amount_minor else "",
        "fee": fee,
        "at": instant(row.occurred_at),
        "psp_id": row.movement_id,
        "entry_id": row.ledger_entry_id,
    }


def abs_money(money: Money) -> Money:
    return -money if money.is_negative else money


def _other(other: Dispute) -> dict[str, Any]:
    return {
        "link": dispute_link(other),
        "status": status_badge(other),
        "amount": amount(other.amount),
        "reason": reason_words(other.reason),
        "at": instant(other.opened_at),
    }
