"""Replay events: have handlers hear again of what happened since an instant."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from foundation import ids
from foundation.events.handling import stage_handlers
from foundation.events.queries import list_event_ids_since
from foundation.events.subscriptions import get_handler
from foundation.transactions import outside_transaction, owns_transaction

BATCH_EVENTS = 1_000


@outside_transaction
def replay_events(
    *, since: datetime, handler_name: str | None = None, is_dry_run: bool = False
) -> dict[str, int]:
    """Stage a job per event and handler for all that was published at or after `since`, in stream order.

    handler_name: that handler alone; all when None. Returns {"events": …, "jobs": …}.
    Raises HandlerUnknown.
    Writes the jobs, a thousand events to a transaction; nothing when is_dry_run.
    Safe to repeat: handlers are; each replay runs them once more.
    """
    if handler_name is not None:
        get_handler(handler_name)
    replay = str(ids.new_id())
    events = jobs = 0
    after = (0, 0)
    while batch := list_event_ids_since(since, after=after, limit=BATCH_EVENTS):
        events += len(batch)
        after = batch[-1][1:]
        if not is_dry_run:
            jobs += _stage(event_ids=[row[0] for row in batch], handler_name=handler_name, replay=replay)
    return {"events": events, "jobs": jobs}


@owns_transaction
def _stage(*, event_ids: list[UUID], handler_name: str | None, replay: str) -> int:
    return stage_handlers(event_ids, only_handler=handler_name, replay=replay)
