"""What happened to a dispute, newest first: events, our answers, notes, calls to the PSP and what it told us."""

from __future__ import annotations

from datetime import datetime
from itertools import zip_longest
from typing import Any

from django.urls import reverse
from django.utils.safestring import SafeString

from disputes.models import DisputeOrder, OrderKind
from disputes.queries.dispute_page import DisputePage
from foundation.backoffice.display import actor_words, badge, instant, json_block

SOURCES = {
    "api_key": ("API", "wait"),
    "staff": ("Agent", "good"),
    "job": ("Job", "calm"),
    "psp": ("PSP", "warn"),
}
EVENT_WORDS = {
    "charge.dispute.created": "The dispute was opened",
    "charge.dispute.updated": "The dispute moved on",
    "charge.dispute.closed": "The dispute ended",
    "charge.dispute.funds_withdrawn": "The PSP took the money",
    "charge.dispute.funds_reinstated": "The PSP gave the money back",
    "dispute.deadline_near": "The deadline comes near: people were told",
    "dispute.acceptance_announced": "A rule will accept it in 24 hours, unless somebody takes it up",
}
ORDER_WORDS = {OrderKind.SUBMIT: "Evidence submitted", OrderKind.ACCEPT: "Dispute accepted"}
ORDER_STATES = {
    "created": "about to be sent",
    "submitting": "at the PSP",
    "succeeded": "the PSP has it",
    "refused": "refused by the PSP",
    "unknown": "in doubt: we ask the PSP",
}
CALL_WORDS = {
    "submit_evidence": "We sent the evidence to the PSP",
    "submit_dispute_evidence": "We sent the evidence to the PSP",
    "accept_dispute": "We told the PSP that we accept",
    "read_dispute_defenses": "We asked the PSP which defenses there are",
    "upload_evidence_file": "We sent the PSP files of the evidence",
    "inquire_dispute": "We asked the PSP how the dispute stands",
}

Dated = tuple[datetime, dict[str, Any]]


def timeline_lines(page: DisputePage, *, sees_machinery: bool) -> list[dict[str, Any]]:
    """sees_machinery: events and webhooks lead to their pages."""
    happened: list[Dated] = [
        *(_event(event, sees_machinery) for event in page.events),
        *(_order(order, page) for order in page.orders),
        *(_note(note) for note in page.notes),
        *(_call(call) for call in page.calls),
        *(_webhook(webhook, sees_machinery) for webhook in page.webhooks),
        *_changes(page),
    ]
    happened.sort(key=lambda dated: dated[0], reverse=True)
    return [{"at": instant(at), **line} for at, line in happened]


def _event(event: Any, sees_machinery: bool) -> Dated:
    url = reverse("admin:foundation_event_change", args=[event.pk]) if sees_machinery else ""
    return event.created_at, {
        "source": _source(event.actor),
        "words": EVENT_WORDS.get(event.type, event.type.replace("_", " ").replace(".", " ").capitalize()),
        "actor": actor_words(event.actor),
        "code": event.type,
        "url": url,
    }


def _order(order: DisputeOrder, page: DisputePage) -> Dated:
    failure = f" ({order.failure_code.replace('_', ' ')})" if order.failure_code else ""
    line = {
        "source": _source(order.requested_by),
        "words": ORDER_WORDS[OrderKind(order.kind)],
        "actor": actor_words(order.requested_by) if order.requested_by else "",
        "code": f"{ORDER_STATES[order.status]}{failure}",
        "url": "",
        "order": order.public_id,
        "sha256": order.evidence_sha256,
    }
    if order.kind == OrderKind.SUBMIT:
        pack_url = reverse("admin:disputes_dispute_pack", args=[page.dispute.pk])
        line["pack_url"] = f"{pack_url}?order={order.public_id}"
        line["pack_sha256"] = order.pack.sha256 if order.pack is not None else ""
    return order.created_at, line


def _note(note: Any) -> Dated:
    return note.created_at, {
        "source": _source(note.written_by),
        "words": "Note",
        "actor": actor_words(note.written_by),
        "note": note.text,
    }


def _call(call: Any) -> Dated:
    said = [call.outcome.replace("_", " ")] + ([f"HTTP {call.http_status}"] if call.http_status else [])
    return call.created_at, {
        "source": badge("PSP", "warn"),
        "words": CALL_WORDS.get(call.operation, f"We called the PSP: {call.operation.replace('_', ' ')}"),
        "actor": call.psp_account.name,
        "code": ", ".join([*said, f"{call.latency_ms} ms"]),
        "url": "",
        "details": [("We sent", json_block(call.request)), ("It answered", json_block(call.answer))],
    }


def _webhook(webhook: Any, sees_machinery: bool) -> Dated:
    url = reverse("admin:payments_pspwebhook_change", args=[webhook.pk]) if sees_machinery else ""
    return webhook.received_at, {
        "source": badge("PSP", "warn"),
        "words": "The PSP told us",
        "actor": webhook.psp_account.name,
        "code": webhook.event_type,
        "url": url,
    }


def _changes(page: DisputePage) -> list[Dated]:
    """What people changed by hand that nothing else tells: who works on it."""
    told: list[Dated] = []
    for newer, older in zip_longest(page.changes, page.changes[1:]):
        before = older.assigned_to if older is not None else ""
        if newer.assigned_to == before:
            continue
        who = newer.history_user.username if newer.history_user else "somebody"
        words = (
            f"Given to {newer.assigned_to}"
            if newer.assigned_to
            else f"Taken from {before}: nobody works on it"
        )
        line = {"source": badge(*SOURCES["staff"]), "words": words, "actor": who}
        told.append((newer.history_date, line))
    return told


def _source(actor: str) -> SafeString:
    return badge(*SOURCES.get(actor.partition(":")[0], SOURCES["job"]))
