"""The statements that move job rows: each one UPDATE, each safe against any number of relays and workers.

Leases are in the database's time, so that the clocks of two servers may differ by minutes without a job being
run twice at once. What is due is `run_after`; the caller may give the instant, which stories with a stopped
clock do. A finishing statement names the lease it was given: a worker frozen past its lease changes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

SENT_LEASE_SECONDS = 30
RUNNING_LEASE_SECONDS = 60
"""As long as a worker may live on one task: CELERY_TASK_TIME_LIMIT."""

MAX_ERROR_CHARACTERS = 2_000
MAX_OUTCOME_CHARACTERS = 200

# Per queue and in due order, so that a queue's backlog neither delays another queue's jobs nor is skipped
# over. ANY(ARRAY(…)) keeps to the primary key whatever the statistics say. A worker that dies with its job (a
# poisoned one) reports no failure: its tries are counted here.
_SEND = """
WITH due AS (
    SELECT ready.id FROM unnest(%(queues)s::text[]) AS open (queue), LATERAL (
        SELECT id FROM foundation_job
        WHERE status = 'ready' AND queue = open.queue
          AND run_after <= coalesce(%(due_at)s::timestamptz, statement_timestamp())
        ORDER BY run_after LIMIT %(limit)s FOR UPDATE SKIP LOCKED
    ) AS ready
), lapsed AS (
    SELECT id FROM foundation_job
    WHERE status IN ('sent', 'running') AND lease_until < statement_timestamp() AND queue = ANY(%(queues)s)
    ORDER BY lease_until LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
UPDATE foundation_job SET
    (status, lease_until, finished_at, last_error) = (
        SELECT
            CASE WHEN is_spent THEN 'dead' ELSE 'sent' END,
            CASE WHEN NOT is_spent THEN statement_timestamp() + make_interval(secs => %(lease)s) END,
            CASE WHEN is_spent THEN statement_timestamp() END,
            CASE WHEN is_spent THEN 'The worker died with this job each time.' ELSE last_error END
        FROM (SELECT status = 'running' AND attempts >= max_attempts AS is_spent) AS judged
    )
WHERE id = ANY(ARRAY(SELECT id FROM due UNION ALL SELECT id FROM lapsed))
RETURNING id, name, queue, status
"""

_GIVE_BACK = """
UPDATE foundation_job SET status = 'ready', lease_until = NULL WHERE id = ANY(%(ids)s) AND status = 'sent'
"""

_START = """
UPDATE foundation_job SET
    status = 'running', attempts = attempts + 1,
    lease_until = statement_timestamp() + make_interval(secs => %(lease)s)
WHERE id = %(id)s AND status = 'sent'
RETURNING id, merchant_id, name, args, attempts, max_attempts, lease_until, traceparent, trace_id, request_id
"""

_FINISH = """
UPDATE foundation_job SET
    status = 'done', outcome = %(outcome)s, last_error = '', lease_until = NULL,
    finished_at = statement_timestamp()
WHERE id = %(id)s AND status = 'running' AND lease_until = %(lease_until)s
"""

# Tries start anew: a handler that asks to come again has not failed.
_POSTPONE = """
UPDATE foundation_job SET
    status = 'ready', run_after = %(run_after)s, attempts = 0, last_error = '', lease_until = NULL
WHERE id = %(id)s AND status = 'running' AND lease_until = %(lease_until)s
"""

_FAIL = """
UPDATE foundation_job SET
    status = CASE WHEN attempts >= max_attempts THEN 'dead' ELSE 'ready' END,
    finished_at = CASE WHEN attempts >= max_attempts THEN statement_timestamp() END,
    run_after = %(run_after)s, last_error = %(error)s, lease_until = NULL
WHERE id = %(id)s AND status = 'running' AND lease_until = %(lease_until)s
RETURNING status
"""

_REDRIVE = """
UPDATE foundation_job SET
    status = 'ready', attempts = 0, run_after = statement_timestamp(), finished_at = NULL, lease_until = NULL
WHERE status = 'dead' AND id = ANY(%(ids)s)
RETURNING id
"""


@dataclass(frozen=True, slots=True)
class SentJob:
    """A row the relay has claimed: to be published, or just buried (status dead)."""

    id: UUID
    name: str
    queue: str
    status: str


@dataclass(frozen=True, slots=True)
class RunningJob:
    """A row a worker has claimed, until `lease_until`."""

    id: UUID
    merchant_id: UUID | None
    name: str
    args: dict[str, Any]
    attempts: int
    max_attempts: int
    lease_until: datetime
    traceparent: str
    trace_id: str
    request_id: str


def claim_to_send(*, queues: Sequence[str], limit: int, due_at: datetime | None = None) -> list[SentJob]:
    """Mark due rows (at most `limit` per queue) and rows with a lapsed lease (at most `limit`) as sent for 30 s.

    due_at: what counts as due; the database's own time when None. Costs the batch, not the table.
    """
    parameters = {"queues": list(queues), "limit": limit, "due_at": due_at, "lease": SENT_LEASE_SECONDS}
    return [SentJob(*row) for row in _fetch(_SEND, parameters)]


def give_back(job_ids: Sequence[UUID]) -> None:
    """Make rows that could not be published ready again, but not those a worker has claimed meanwhile."""
    _execute(_GIVE_BACK, {"ids": list(job_ids)})


def claim_to_run(job_id: UUID) -> RunningJob | None:
    """Take a sent row for 60 s. None when the message came twice or late."""
    rows = _fetch(_START, {"id": job_id, "lease": RUNNING_LEASE_SECONDS})
    if not rows:
        return None
    job_id, merchant_id, name, args, *rest = rows[0]
    # A plain cursor hands jsonb over as text: Django decodes it in its model field.
    return RunningJob(job_id, merchant_id, name, json.loads(args), *rest)


def finish(job: RunningJob, *, outcome: str) -> bool:
    """Mark the row done. False when the lease was lost meanwhile: the job will be, or was, run by another."""
    parameters = {"id": job.id, "lease_until": job.lease_until, "outcome": outcome[:MAX_OUTCOME_CHARACTERS]}
    return _execute(_FINISH, parameters) == 1


def postpone(job: RunningJob, *, run_after: datetime) -> bool:
    """Make the row ready for later, with its tries counted anew. False when the lease was lost meanwhile."""
    return _execute(_POSTPONE, {"id": job.id, "lease_until": job.lease_until, "run_after": run_after}) == 1


def fail(job: RunningJob, *, error: str, run_after: datetime) -> str | None:
    """Record a failed try: ready at `run_after`, or dead after the last. The new status; None: the lease is lost."""
    parameters = {
        "id": job.id,
        "lease_until": job.lease_until,
        "run_after": run_after,
        # PostgreSQL text has no NUL; an error message may quote one.
        "error": error.replace("\x00", "")[:MAX_ERROR_CHARACTERS],
    }
    rows = _fetch(_FAIL, parameters)
    return str(rows[0][0]) if rows else None


def redrive(job_ids: Sequence[UUID]) -> int:
    """Give dead jobs ten new tries, at once. Returns how many were dead."""
    return len(_fetch(_REDRIVE, {"ids": list(job_ids)}))


def _fetch(sql: str, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


def _execute(sql: str, parameters: dict[str, Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return int(cursor.rowcount)
