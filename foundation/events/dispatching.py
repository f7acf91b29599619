"""The dispatcher: reads the event stream on behalf of its consumers, each event once for each, missing none.

A reader of "everything after the last position" misses rows of transactions that took their position early
and commit late. So a consumer reads in the order (xid, position) and only below the oldest transaction still
running: below it nothing new can appear. Writing what follows from a batch and moving the cursor is one
transaction.

Transaction ids belong to one cluster: after a restore from a logical dump the cursors are to be set back to
zero, and what was consumed before is found again by the consumers' own unique keys.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db import connection

from foundation import clock
from foundation.events.models import EventCursor
from foundation.transactions import owns_transaction

BATCH_EVENTS = 500

_AFTER_CURSOR = """
SELECT id, xid::text, position FROM foundation_event AS event
WHERE (event.xid, event.position) > (
    coalesce((SELECT xid FROM foundation_eventcursor WHERE consumer = %(consumer)s), '0'::xid8),
    coalesce((SELECT position FROM foundation_eventcursor WHERE consumer = %(consumer)s), 0)
)
"""
_IS_SETTLED = " AND event.xid < pg_snapshot_xmin(pg_current_snapshot())"
_NEXT = _AFTER_CURSOR + _IS_SETTLED + " ORDER BY event.xid, event.position LIMIT %(limit)s"

_LOCK_CURSOR = """
SELECT 1 FROM foundation_eventcursor WHERE consumer = %(consumer)s FOR UPDATE SKIP LOCKED
"""
_OPEN_CURSOR = """
INSERT INTO foundation_eventcursor (consumer, xid, position, moved_at) VALUES (%(consumer)s, '0', 0, %(now)s)
ON CONFLICT DO NOTHING RETURNING 1
"""


@dataclass(frozen=True, slots=True)
class Consumer:
    """name: the cursor's. take: writes what follows from these events, in the transaction it is called in."""

    name: str
    take: Callable[[Sequence[UUID]], None]
    batch_events: int = BATCH_EVENTS


def dispatch_batch(consumer: Consumer) -> int:
    """Let the consumer take its next batch; how many events it took. 0 also while another relay is at it.

    Writes what the consumer writes, and its cursor: both or neither, so it is safe to repeat.
    """
    with connection.cursor() as cursor:
        cursor.execute(_NEXT, {"consumer": consumer.name, "limit": 1})
        if cursor.fetchone() is None:
            return 0
    taken = _take_batch(consumer)
    if taken is None and _open_cursor(consumer):
        taken = _take_batch(consumer)
    return taken or 0


def is_behind(consumer: Consumer) -> bool:
    """Whether a committed event has not been taken yet, be it only because older transactions still run."""
    with connection.cursor() as cursor:
        cursor.execute(_AFTER_CURSOR + " LIMIT 1", {"consumer": consumer.name})
        return cursor.fetchone() is not None


def _open_cursor(consumer: Consumer) -> bool:
    # Committed at once: in the batch's transaction, a second relay would have to wait for its end.
    with connection.cursor() as cursor:
        cursor.execute(_OPEN_CURSOR, {"consumer": consumer.name, "now": clock.now()})
        return cursor.fetchone() is not None


@owns_transaction
def _take_batch(consumer: Consumer) -> int | None:
    parameters: dict[str, str | int] = {"consumer": consumer.name, "limit": consumer.batch_events}
    with connection.cursor() as cursor:
        cursor.execute(_LOCK_CURSOR, parameters)
        if cursor.fetchone() is None:
            # Another relay is at it, or it is this consumer's first time.
            return None
        cursor.execute(_NEXT, parameters)
        rows = cursor.fetchall()
    if not rows:
        return 0
    consumer.take([row[0] for row in rows])
    _, xid, position = rows[-1]
    EventCursor.objects.filter(consumer=consumer.name).update(
        xid=int(xid), position=position, moved_at=clock.now()
    )
    return len(rows)
