"""The fan-out: the consumer of the stream that gives each event a delivery per endpoint that listens."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db import connection

from foundation import clock
from foundation.events.dispatching import Consumer
from foundation.events.publishing import INNER_PREFIX
from foundation.jobs.staging import stage_selected_jobs

DELIVER_JOB = "webhooks.deliver"
EVERY_EVENT = "*"

_DELIVERIES = """
INSERT INTO foundation_webhookdelivery (
    id, merchant_id, endpoint_id, event_id, object_id, event_position, status, attempts, next_attempt_at,
    created_at
)
SELECT
    uuidv7(), event.merchant_id, endpoint.id, event.id, event.object_id, event.position, 'pending', 0,
    %(now)s, %(now)s
FROM foundation_event AS event
JOIN foundation_webhookendpoint AS endpoint
    ON endpoint.merchant_id = event.merchant_id
    AND endpoint.status = 'enabled' AND endpoint.deleted_at IS NULL
    AND endpoint.enabled_events ?| ARRAY['*', event.type]
WHERE event.id = ANY(%(event_ids)s) AND NOT starts_with(event.type, %(inner)s)
ORDER BY event.xid, event.position
ON CONFLICT (merchant_id, event_id, endpoint_id) DO NOTHING
"""

_JOBS = """
SELECT
    delivery.merchant_id,
    jsonb_build_object('merchant_id', delivery.merchant_id, 'delivery_id', delivery.id) AS args,
    'webhook:' || delivery.id AS dedupe_key,
    event.trace_id, event.request_id
FROM foundation_webhookdelivery AS delivery
JOIN foundation_event AS event ON event.merchant_id = delivery.merchant_id AND event.id = delivery.event_id
WHERE delivery.event_id = ANY(%(event_ids)s)
ORDER BY delivery.id
"""


def _take(event_ids: Sequence[UUID]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_DELIVERIES, {"event_ids": list(event_ids), "now": clock.now(), "inner": INNER_PREFIX})
        made = cursor.rowcount
    if made:
        stage_selected_jobs(DELIVER_JOB, _JOBS, {"event_ids": list(event_ids)})


WEBHOOKS = Consumer("webhooks", _take)
