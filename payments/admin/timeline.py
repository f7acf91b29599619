"""The timeline as the page writes it out: one line per happening, newest first, in words with its actor."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from django.urls import reverse

from foundation.backoffice.display import actor_words, badge, instant, json_block, readable
from payments.admin.psp import RESULTS
from payments.models import Capture, IntentStatus, PaymentIntent, Refund
from payments.queries.payment_page import Happening, PaymentPage

SOURCES = {
    "api": ("API", "wait"),
    "agent": ("Agent", "good"),
    "job": ("Job", "calm"),
    "psp": ("PSP", "warn"),
}
EVENT_WORDS = {
    "payment_intent.created": "Payment made",
    "payment_intent.requires_action": "The customer has to authenticate",
    "payment_intent.processing": "In progress",
    "payment_intent.amount_capturable_updated": "Authorized: reserved, not taken",
    "payment_intent.succeeded": "Paid",
    "payment_intent.payment_failed": "Declined",
    "payment_intent.canceled": "Canceled",
    "charge.succeeded": "The charge went through",
    "charge.pending": "The charge waits for the bank",
    "charge.failed": "The charge failed",
    "charge.captured": "Captured",
    "charge.expired": "The authorization expired",
    "charge.refunded": "Refunded",
    "refund.created": "Refund asked for",
    "refund.updated": "Refund moved on",
    "refund.failed": "Refund failed",
    "case.opened": "Case opened: somebody has to look at it",
    "case.resolved": "Case closed",
}
# Two events of one moment that say the same: the second is for machines, and the first is told.
TOLD_BY: dict[str, tuple[str, ...]] = {
    "charge.succeeded": ("payment_intent.succeeded", "payment_intent.amount_capturable_updated"),
    "charge.pending": ("payment_intent.processing",),
    "charge.failed": ("payment_intent.payment_failed",),
    "charge.captured": ("payment_intent.succeeded",),
    "refund.updated": ("charge.refunded", "refund.failed"),
}
ONE_MOMENT = timedelta(seconds=1)
CALL_WORDS = {
    "authorize": "We asked the PSP to charge the card",
    "capture": "We asked the PSP to capture",
    "increment": "We asked the PSP to reserve more",
    "void": "We asked the PSP to release the reservation",
    "refund": "We asked the PSP to refund",
    "inquire": "We asked the PSP what became of it",
    "describe_token": "We asked the PSP about the card",
    "make_token": "The PSP was given the account to keep",
}
OUTCOME_WORDS = {
    "succeeded": "done",
    "declined": "declined",
    "pending": "pending",
    "requires_action": "waits for the customer",
    "voided": "released",
    "unknown": "no usable answer",
    "not_sent": "never left us",
    "not_found": "it knows nothing of it",
}
CHANGES = {"+": "Made by hand", "~": "Changed by hand", "-": "Deleted by hand"}


def timeline_lines(page: PaymentPage, *, sees_machinery: bool) -> list[dict[str, Any]]:
    """Per happening: time, badge of its source, words, actor, note, and details to unfold.

    sees_machinery: whether codes lead to the pages of events and webhooks."""
    refunds = {refund.id: refund for refund in page.refunds}
    return [_line(happening, refunds, sees_machinery) for happening in _told_once(page.timeline)]


def _told_once(timeline: Iterable[Happening]) -> list[Happening]:
    """Without the twins of TOLD_BY; of looks in a row with the same result only the last, with their number."""
    happenings = list(timeline)
    told: list[Happening] = []
    for happening in happenings:
        if any(
            twin.kind in TOLD_BY.get(happening.kind, ()) and abs(twin.at - happening.at) <= ONE_MOMENT
            for twin in happenings
        ):
            continue
        if told and _is_same_look(told[-1], happening):
            told[-1] = told[-1].repeated()
            continue
        told.append(happening)
    return told


def _is_same_look(later: Happening, earlier: Happening) -> bool:
    return (
        later.kind == earlier.kind == "psp_call"
        and later.data.operation == earlier.data.operation == "inquire"
        and later.data.outcome == earlier.data.outcome
    )


def _line(happening: Happening, refunds: dict[Any, Refund], sees_machinery: bool) -> dict[str, Any]:
    line = {
        "at": instant(happening.at),
        "source": badge(*SOURCES[happening.source]),
        "actor": actor_words(happening.actor),
        "request_id": happening.request_id,
        "note": happening.note,
    }
    if happening.kind == "psp_call":
        return line | _of_call(happening)
    if happening.kind == "psp_webhook":
        return line | _of_webhook(happening, sees_machinery)
    if happening.kind == "capture_asked":
        return line | _of_capture(happening.data)
    if happening.kind == "change":
        return line | _of_change(happening.data)
    return line | _of_event(happening, refunds, sees_machinery)


def _of_event(happening: Happening, refunds: dict[Any, Refund], sees_machinery: bool) -> dict[str, Any]:
    kind = happening.kind
    words = EVENT_WORDS.get(kind, kind.replace("_", " ").replace(".", " ").capitalize())
    refund = refunds.get(happening.data.object_id)
    if refund is not None:
        words = f"{words}: {readable(refund.amount)}"
    url = reverse("admin:foundation_event_change", args=[happening.data.pk]) if sees_machinery else ""
    return {"words": words, "code": kind, "url": url}


def _of_call(happening: Happening) -> dict[str, Any]:
    call = happening.data
    times = f", {happening.times} times" if happening.times > 1 else ""
    said = [OUTCOME_WORDS.get(call.outcome, call.outcome.replace("_", " "))]
    said += [f"HTTP {call.http_status}"] if call.http_status else []
    return {
        "words": CALL_WORDS.get(call.operation, f"We called the PSP: {call.operation}") + times,
        "code": ", ".join([*said, f"{call.latency_ms} ms"]),
        "details": [("We sent", json_block(call.request)), ("It answered", json_block(call.answer))],
    }


def _of_webhook(happening: Happening, sees_machinery: bool) -> dict[str, Any]:
    webhook = happening.data
    if webhook.error:
        result = f"not handled: {webhook.error}"
    elif webhook.handled_at is None:
        result = "not handled yet"
    else:
        result = RESULTS.get(webhook.result, ("handled", ""))[0].lower()
    url = reverse("admin:payments_pspwebhook_change", args=[webhook.pk]) if sees_machinery else ""
    return {"words": "The PSP told us", "code": f"{webhook.event_type}, {result}", "url": url}


def _of_capture(capture: Capture) -> dict[str, Any]:
    rest = ", and to release the rest" if capture.is_final else ""
    return {"words": f"Asked to capture {readable(capture.amount)}{rest}", "code": ""}


def _of_change(change: Any) -> dict[str, Any]:
    what = change.instance_type
    is_cancel = issubclass(what, PaymentIntent) and bool(change.cancellation_reason)
    if is_cancel and change.status != IntentStatus.CANCELED:
        return {"words": "Asked to cancel", "code": change.cancellation_reason.replace("_", " ")}
    return {"words": f"{CHANGES[change.history_type]}: {what._meta.verbose_name}", "code": ""}
