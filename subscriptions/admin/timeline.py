"""Happenings of a subscription or an invoice as the page writes them out: newest first, in words, with who and why."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.urls import reverse

from foundation.backoffice.display import actor_words, badge, instant

SOURCES = {
    "api_key": ("API", "wait"),
    "staff": ("Agent", "good"),
    "psp": ("PSP", "warn"),
}
EVENT_WORDS = {
    "customer.subscription.created": "Subscribed",
    "customer.subscription.updated": "Subscription moved on",
    "customer.subscription.deleted": "Subscription ended",
    "customer.subscription.paused": "Paused",
    "customer.subscription.resumed": "Resumed",
    "customer.subscription.renewal_halted": "Renewing stopped: a person decides",
    "invoice.created": "Invoice drafted",
    "invoice.updated": "Invoice changed",
    "invoice.finalized": "Invoice finalized",
    "invoice.sent": "Invoice sent to the customer",
    "invoice.overdue": "Invoice overdue",
    "invoice.paid": "Invoice paid",
    "invoice.payment_failed": "A charge failed",
    "invoice.payment_action_required": "The customer has to authenticate",
    "invoice.dunning_step": "The customer was told that it was not paid",
    "invoice.voided": "Invoice voided",
    "invoice.marked_uncollectible": "Invoice given up as uncollectible",
}
# What the same moment tells already.
TOLD_TWICE = frozenset({"invoice.payment_succeeded"})
ONE_ACTION = timedelta(seconds=5)
CHANGES = {"+": "Made by hand", "~": "Changed by hand", "-": "Deleted by hand"}


def timeline_lines(
    events: Iterable[Any],
    changes: Iterable[Any],
    *,
    sees_machinery: bool,
    about: Mapping[UUID, str] | None = None,
) -> list[dict[str, Any]]:
    """about: what to call the object of an event, by its id. sees_machinery: whether codes lead to events' pages."""
    told = [_of_event(event, sees_machinery, about or {}) for event in events if event.type not in TOLD_TWICE]
    for change in changes:
        who = f"staff:{change.history_user.username}" if change.history_user else "staff:"
        reason = change.history_change_reason or ""
        beside = [
            line
            for line in told
            if line["by"] == who and abs(line["when"] - change.history_date) <= ONE_ACTION
        ]
        for line in beside:
            line["note"] = line["note"] or reason
        if not beside:
            told.append(_line(change.history_date, who, CHANGES[change.history_type], note=reason))
    return sorted(told, key=lambda line: line["when"], reverse=True)


def _of_event(event: Any, sees_machinery: bool, about: Mapping[UUID, str]) -> dict[str, Any]:
    words = EVENT_WORDS.get(event.type, event.type.replace("_", " ").replace(".", " ").capitalize())
    name = about.get(event.object_id, "")
    line = _line(event.created_at, event.actor, f"{words}: {name}" if name else words)
    line["code"] = event.type
    line["url"] = reverse("admin:foundation_event_change", args=[event.pk]) if sees_machinery else ""
    line["request_id"] = event.request_id
    return line


def _line(when: Any, by: str, words: str, *, note: str = "") -> dict[str, Any]:
    return {
        "when": when,
        "by": by,
        "at": instant(when),
        "source": badge(*SOURCES.get(by.partition(":")[0], ("Job", "calm"))),
        "actor": actor_words(by),
        "words": words,
        "note": note,
    }
