"""Running one job: claim the row, do the work in the job's context, write down how it went.

Called by the Celery task (tasks.py) with an id out of a message, and by inline.py in tests and stories.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

import structlog
from django.db import connection

from foundation import clock
from foundation.context import acting
from foundation.jobs import claiming
from foundation.jobs.claiming import RunningJob
from foundation.jobs.registry import RunAgain, get_job
from foundation.jobs.spans import job_span
from foundation.observability.metrics import observe_job
from foundation.resilience.retries import backoff_seconds

BACKOFF_BASE_SECONDS = 2.0
BACKOFF_CAP_SECONDS = 120.0
"""Once what failed is healed, everything has been tried again within two minutes."""

log = structlog.get_logger(__name__)


def run_job(job_id: UUID) -> None:
    """Claim a sent row and run its handler; nothing happens when the message came twice or late.

    A handler's exception is a failed try: the row waits with full jitter and dies after its last try. An
    exception leaves this function only when the database is away; then the lease lapses and the relay sends
    the row again. Writes the job row: one UPDATE to claim, one to finish; what else is written is the handler's.
    """
    job = claiming.claim_to_run(job_id)
    if job is None:
        return
    began = time.monotonic()
    with _working_as(job):
        try:
            outcome = get_job(job.name).handler(**job.args)
        except Exception as error:
            word = _record_failure(job, error)
        else:
            word = _record_outcome(job, outcome)
    observe_job(job.name, word, time.monotonic() - began)


def _record_outcome(job: RunningJob, outcome: object) -> str:
    if isinstance(outcome, RunAgain):
        word, kept = "again", claiming.postpone(job, run_after=_instant_of(outcome))
    else:
        word, kept = "done", claiming.finish(job, outcome="" if outcome is None else str(outcome))
    if not kept:
        log.warning("job.lease_lost", job=job.name, job_id=str(job.id))
    return word


def _record_failure(job: RunningJob, error: Exception) -> str:
    if connection.errors_occurred and not connection.in_atomic_block:
        # The handler's error may have been the connection itself; then the next statement opens a new one.
        connection.close_if_unusable_or_obsolete()
    delay = backoff_seconds(job.attempts, base_seconds=BACKOFF_BASE_SECONDS, cap_seconds=BACKOFF_CAP_SECONDS)
    text = f"{type(error).__name__}: {error}"
    status = claiming.fail(job, error=text, run_after=clock.now() + timedelta(seconds=delay))
    if status == "dead":
        log.error("job.dead", job=job.name, job_id=str(job.id), attempts=job.attempts, exc_info=error)
        return "dead"
    log.warning("job.failed", job=job.name, job_id=str(job.id), attempts=job.attempts, exc_info=error)
    return "failed"


def _instant_of(again: RunAgain) -> datetime:
    return again.at or clock.now() + timedelta(seconds=again.after_seconds or 0)


@contextmanager
def _working_as(job: RunningJob) -> Iterator[None]:
    with job_span(job.name, job.traceparent):
        with acting(
            actor=f"job:{job.name}",
            merchant_id=job.merchant_id,
            request_id=job.request_id,
            trace_id=job.trace_id,
            traceparent=job.traceparent,
            idempotency_key="",
            reason="",
        ):
            yield
