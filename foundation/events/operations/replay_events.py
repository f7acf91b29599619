"""Replay events: have handlers hear again of what happened since an instant."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from foundation.events.handling import stage_handlers
from foundation.events.queries import list_events_to_replay
from foundation.events.subscriptions import get_handler
from foundation.replay.models import Replay
from foundation.replay.running import Criteria, Cursor, Found, Source, run_replay
from foundation.transactions import outside_transaction


@outside_transaction
def replay_events(
    *,
    since: datetime | None = None,
    event_ids: Sequence[UUID] | None = None,
    handler_name: str | None = None,
    is_dry_run: bool = False,
    resume: UUID | None = None,
) -> Replay:
    """Stage a job per event and handler for what was published at or after `since`, in stream order.

    event_ids: only these. handler_name: that handler alone; all when None. resume: go on with this replay, whatever
    else is given. The replay's counts are by event type, and `jobs`.
    Raises: HandlerUnknown, ResourceMissing, ReplayDiffers.
    Writes: the replay; the jobs, 500 events to a transaction, unless is_dry_run.
    Safe to repeat: handlers are; each replay runs them once more.
    """
    if handler_name is not None:
        get_handler(handler_name)
    criteria: Criteria = {}
    if since is not None:
        criteria["since"] = since.isoformat()
    if event_ids is not None:
        criteria["events"] = [str(event_id) for event_id in event_ids]
    if handler_name is not None:
        criteria["handler"] = handler_name
    return run_replay(EVENTS, criteria=criteria, is_dry_run=is_dry_run, resume=resume)


def _read(criteria: Criteria, cursor: Cursor | None, limit: int) -> list[Found]:
    since = criteria.get("since")
    rows = list_events_to_replay(
        since=datetime.fromisoformat(since) if since else None,
        before=datetime.fromisoformat(criteria["before"]),
        only=[UUID(event_id) for event_id in criteria["events"]] if "events" in criteria else None,
        after=(cursor[0], cursor[1]) if cursor else (0, 0),
        limit=limit,
    )
    return [Found(event_id, type_, [xid, position]) for event_id, type_, xid, position in rows]


def _again(event_ids: Sequence[UUID], criteria: Criteria, replay: str) -> int:
    return stage_handlers(event_ids, only_handler=criteria.get("handler"), replay=replay)


EVENTS = Source(Replay.Kind.EVENTS, _read, _again)
