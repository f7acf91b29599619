"""Deliver an event to an endpoint: claim, sign, send, record."""

from __future__ import annotations

import json
from uuid import UUID

from django.conf import settings

from foundation import clock
from foundation.events.shapes import event_shape
from foundation.http.client import Answer, NoAnswer, Unreachable, send_pinned
from foundation.http.versions import in_version
from foundation.jobs.registry import RunAgain
from foundation.observability.scrubbing import scrub_text
from foundation.transactions import outside_transaction
from foundation.webhooks.models import RESPONSE_EXCERPT_CHARACTERS, WebhookDelivery
from foundation.webhooks.operations.begin_delivery_attempt import begin_delivery_attempt
from foundation.webhooks.operations.record_delivery_attempt import Try, record_delivery_attempt
from foundation.webhooks.queries import count_pending_webhooks
from foundation.webhooks.schedule import retry_after_seconds
from foundation.webhooks.secrets import active_secrets
from foundation.webhooks.signing import signature_headers

DEADLINE_SECONDS = 15.0
MAX_ANSWER_BYTES = 65_536
MAX_ERROR_CHARACTERS = 500


@outside_transaction
def deliver_webhook(*, merchant_id: UUID, delivery_id: UUID) -> RunAgain | None:
    """Try once to deliver; says when to come again, if at all.

    Raises ResourceMissing.
    Writes through begin_delivery_attempt and record_delivery_attempt, the request in between.
    Safe to repeat: the receiver may hear of an event twice, under the same webhook-id.
    """
    claimed = begin_delivery_attempt(merchant_id=merchant_id, delivery_id=delivery_id)
    if not isinstance(claimed, WebhookDelivery):
        return claimed
    outcome = _send(claimed)
    next_at = record_delivery_attempt(merchant_id=merchant_id, delivery_id=delivery_id, outcome=outcome)
    return RunAgain(at=next_at) if next_at is not None else None


def _send(delivery: WebhookDelivery) -> Try:
    body = _body(delivery)
    now = clock.now()
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "User-Agent": "PaymentsBackOffice-Webhooks/1.0",
        **signature_headers(
            message_id=delivery.event.public_id,
            body=body,
            secrets=active_secrets(delivery.endpoint, now),
            at=now,
        ),
    }
    try:
        answer = send_pinned(
            "POST",
            delivery.endpoint.url,
            headers=headers,
            body=body,
            deadline_seconds=DEADLINE_SECONDS,
            max_answer_bytes=MAX_ANSWER_BYTES,
            allow_private=settings.WEBHOOK_ALLOW_PRIVATE_NETWORKS,
        )
    except (Unreachable, NoAnswer) as error:
        return Try(status_code=None, error=_storable(str(error), MAX_ERROR_CHARACTERS))
    return _try_of(answer)


def _body(delivery: WebhookDelivery) -> bytes:
    event = delivery.event
    pending = count_pending_webhooks(merchant_id=event.merchant_id, event_ids=[event.id])
    shape = event_shape(event, livemode=delivery.merchant.livemode, pending_webhooks=pending.get(event.id, 0))
    shape = in_version(shape, delivery.endpoint.api_version)
    shape["api_version"] = delivery.endpoint.api_version
    return json.dumps(shape, ensure_ascii=False, separators=(",", ":")).encode()


def _try_of(answer: Answer) -> Try:
    text = answer.body[: 4 * RESPONSE_EXCERPT_CHARACTERS].decode(errors="replace")
    return Try(
        status_code=answer.status,
        latency_ms=answer.latency_ms,
        response_excerpt=_storable(text, RESPONSE_EXCERPT_CHARACTERS),
        retry_after_seconds=retry_after_seconds(answer.headers.get("retry-after"), now=clock.now()),
    )


def _storable(text: str, max_characters: int) -> str:
    # Scrubbed before it is cut, so that no half of a card number survives at the end; PostgreSQL takes no
    # NUL.
    return scrub_text(text.replace("\x00", ""), max_chars=4 * max_characters)[:max_characters]
