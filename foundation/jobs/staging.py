"""Staging: a job becomes a row in the caller's transaction, and exists exactly if that transaction commits.

Nothing here talks to the broker; the relay does, within 100 ms.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import DateTimeField, Func, Value
from django.db.models.functions import Least

from foundation import clock
from foundation.context import current
from foundation.jobs.models import Job
from foundation.jobs.registry import get_job
from foundation.observability.trace_ids import current_trace_id, current_traceparent
from foundation.transactions import joins_transaction

MAX_JOBS_PER_INSERT = 1_000

# The span is made up from the job's id: the trace goes on, under a parent that nobody exported.
_INSERT_SELECTED = """
INSERT INTO foundation_job (
    id, merchant_id, name, queue, args, run_after, status, attempts, max_attempts, last_error, outcome,
    dedupe_key, traceparent, trace_id, request_id, actor, created_at
)
SELECT
    chosen.job_id, chosen.merchant_id, %(name)s, %(queue)s, chosen.args,
    least(%(now)s::timestamptz, statement_timestamp()), 'ready', 0, %(max_attempts)s, '', '',
    chosen.dedupe_key,
    CASE WHEN chosen.trace_id = '' THEN ''
         ELSE '00-' || chosen.trace_id || '-' || left(md5(chosen.job_id::text), 16) || '-01' END,
    chosen.trace_id, chosen.request_id, %(actor)s, %(now)s
FROM (SELECT uuidv7() AS job_id, source.* FROM ({source}) AS source) AS chosen
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class NewJob:
    """A job to stage. args: JSON-ready ids and integers, the handler's keyword arguments."""

    name: str
    args: Mapping[str, Any] = field(default_factory=dict)
    merchant_id: UUID | None = None
    run_after: datetime | None = None
    dedupe_key: str | None = None


@joins_transaction
def stage_job(
    name: str,
    args: Mapping[str, Any],
    *,
    merchant_id: UUID | None = None,
    run_after: datetime | None = None,
    dedupe_key: str | None = None,
) -> None:
    """Have a job run once the caller's transaction has committed, at or after `run_after` (at once when
    None).

    dedupe_key: a second job with the same key is not staged, for as long as the first one's row is kept (30
    days).
    Raises JobUnknown. Writes one job row, in one INSERT.
    """
    _insert([NewJob(name, args, merchant_id, run_after, dedupe_key)])


@joins_transaction
def stage_jobs(jobs: Sequence[NewJob]) -> None:
    """As stage_job, for many: one INSERT per thousand."""
    _insert(jobs)


@joins_transaction
def stage_selected_jobs(name: str, source_sql: str, parameters: Mapping[str, Any]) -> int:
    """Stage one job per row of a SELECT, without the rows passing through Python; how many were staged.

    source_sql: yields merchant_id, args (jsonb), dedupe_key, trace_id, request_id; its parameters are named,
    and none is called name, queue, max_attempts, now or actor. It is SQL of ours, never text from outside.
    """
    registered = get_job(name)
    own: dict[str, Any] = {
        "name": name,
        "queue": registered.queue,
        "max_attempts": registered.max_attempts,
        "now": clock.now(),
        "actor": current().actor,
    }
    with connection.cursor() as cursor:
        cursor.execute(_INSERT_SELECTED.replace("{source}", source_sql), {**parameters, **own})
        return int(cursor.rowcount)


def _insert(jobs: Sequence[NewJob]) -> None:
    rows = [_row(new) for new in jobs]
    # ignore_conflicts is ON CONFLICT DO NOTHING: only the dedupe key can conflict.
    Job.objects.bulk_create(rows, batch_size=MAX_JOBS_PER_INSERT, ignore_conflicts=True)


def _row(new: NewJob) -> Job:
    registered = get_job(new.name)
    context = current()
    return Job(
        merchant_id=new.merchant_id or context.merchant_id,
        name=new.name,
        queue=registered.queue,
        args=dict(new.args),
        run_after=new.run_after or _at_once(),
        max_attempts=registered.max_attempts,
        dedupe_key=new.dedupe_key,
        traceparent=current_traceparent(),
        trace_id=current_trace_id(),
        request_id=context.request_id,
        actor=context.actor,
    )


def _at_once() -> Least:
    # The earlier of the two clocks: a web server that runs fast must not delay its jobs by its error.
    database_now = Func(function="statement_timestamp", output_field=DateTimeField())
    return Least(Value(clock.now(), output_field=DateTimeField()), database_now)
