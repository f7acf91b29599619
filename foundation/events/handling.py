"""The consumer that stages a job per (handler, event), and the job that calls the handler."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from foundation.events.dispatching import Consumer
from foundation.events.queries import get_event
from foundation.events.subscriptions import EVERY_TYPE, get_handler, list_subscriptions
from foundation.jobs.staging import stage_selected_jobs
from foundation.transactions import joins_transaction

HANDLE_JOB = "events.handle"

_JOBS = """
SELECT
    event.merchant_id,
    jsonb_build_object('merchant_id', event.merchant_id, 'event_id', event.id, 'handler', wanted.handler) AS
    args, 'event:' || wanted.handler || ':' || event.id || %(suffix)s AS dedupe_key, event.trace_id,
    event.request_id
FROM foundation_event AS event
JOIN (
    SELECT DISTINCT handler, type
    FROM unnest(%(handlers)s::text[], %(types)s::text[]) AS given (handler, type)
) AS wanted ON wanted.type IN (event.type, %(every_type)s)
WHERE event.id = ANY(%(event_ids)s)
ORDER BY event.xid, event.position
"""


@joins_transaction
def stage_handlers(event_ids: Sequence[UUID], *, only_handler: str | None = None, replay: str = "") -> int:
    """Stage a job for each of these events and each handler subscribed to its type; how many were staged.

    only_handler: that one alone. replay: names a replay, whose jobs are staged beside the first ones.
    """
    chosen = [s for s in list_subscriptions() if only_handler in (None, s.handler_name)]
    if not chosen:
        return 0
    return stage_selected_jobs(
        HANDLE_JOB,
        _JOBS,
        {
            "event_ids": list(event_ids),
            "handlers": [s.handler_name for s in chosen],
            "types": [s.event_type for s in chosen],
            "every_type": EVERY_TYPE,
            "suffix": f":{replay}" if replay else "",
        },
    )


def _take(event_ids: Sequence[UUID]) -> None:
    stage_handlers(event_ids)


HANDLERS = Consumer("handlers", _take)


def handle_event(*, merchant_id: UUID, event_id: UUID, handler_name: str) -> object:
    """Call one handler with one event. Raises HandlerUnknown, and what the handler raises."""
    event = get_event(merchant_id=merchant_id, event_id=event_id)
    return get_handler(handler_name)(event)
