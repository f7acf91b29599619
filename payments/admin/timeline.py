"""The timeline as the page writes it out: one line per happening, newest first, in words with its actor."""

from __future__ import annotations

from typing import Any

from foundation.backoffice.display import badge, instant, json_block
from payments.admin.words import actor_words
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
    "payment_intent.amount_capturable_updated": "Authorized",
    "payment_intent.succeeded": "Paid",
    "payment_intent.payment_failed": "Declined",
    "payment_intent.canceled": "Canceled",
    "charge.succeeded": "Charge succeeded",
    "charge.pending": "Charge pending",
    "charge.failed": "Charge failed",
    "charge.captured": "Captured",
    "charge.expired": "Authorization expired",
    "charge.refunded": "Charge refunded",
    "refund.created": "Refund asked for",
    "refund.updated": "Refund moved on",
    "refund.failed": "Refund failed",
    "case.opened": "Case opened for a person",
}
CHANGES = {"+": "Made", "~": "Changed", "-": "Deleted"}


def timeline_lines(page: PaymentPage) -> list[dict[str, Any]]:
    """Per happening: time, badge of its source, words, actor, note, and details to unfold."""
    return [_line(happening) for happening in page.timeline]


def _line(happening: Happening) -> dict[str, Any]:
    write = {"psp_call": _of_call, "psp_webhook": _of_webhook, "change": _of_change}.get(
        happening.kind, _of_event
    )
    return {
        "at": instant(happening.at),
        "source": badge(*SOURCES[happening.source]),
        "actor": actor_words(happening.actor),
        "request_id": happening.request_id,
        "note": happening.note,
        **write(happening),
    }


def _of_event(happening: Happening) -> dict[str, Any]:
    words = EVENT_WORDS.get(happening.kind, happening.kind.replace("_", " ").replace(".", " ").capitalize())
    return {"words": words, "code": happening.kind}


def _of_call(happening: Happening) -> dict[str, Any]:
    call = happening.data
    status = f"HTTP {call.http_status}" if call.http_status else "no answer"
    return {
        "words": f"We called the PSP: {call.operation.replace('_', ' ')}",
        "code": f"{call.outcome}, {status}, {call.latency_ms} ms",
        "details": [("We sent", json_block(call.request)), ("It answered", json_block(call.answer))],
    }


def _of_webhook(happening: Happening) -> dict[str, Any]:
    webhook = happening.data
    if webhook.error:
        result = f"not handled: {webhook.error}"
    else:
        result = webhook.result or ("handled" if webhook.handled_at else "not handled yet")
    return {"words": "The PSP told us", "code": f"{webhook.event_type}, {result}"}


def _of_change(happening: Happening) -> dict[str, Any]:
    change = happening.data
    what = change.instance_type._meta.verbose_name
    return {
        "words": f"{CHANGES[change.history_type]} by hand: {what}",
        "code": change.status if hasattr(change, "status") else "",
    }
