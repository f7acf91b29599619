"""The foundation's own gauges: jobs, the event dispatcher, webhook deliveries, beat, seals. One indexed query each.

Every scan is bounded: a backlog of millions must not make the scrape that reports it time out.
"""

from __future__ import annotations

from typing import Any

from django.db import connection

from foundation.jobs.registry import QUEUES
from foundation.observability.gauges import register_gauge
from foundation.resilience.redis_client import get_redis

_READY_JOBS = """
SELECT queue, count(*) FROM (
    SELECT queue FROM foundation_job WHERE status = 'ready' AND run_after <= now() LIMIT 50000
) AS due GROUP BY queue
"""
_OLDEST_READY_JOB = """
SELECT queue, extract(epoch FROM now() - oldest.run_after)
FROM unnest(%s::text[]) AS queue, LATERAL (
    SELECT run_after FROM foundation_job
    WHERE status = 'ready' AND foundation_job.queue = queue.queue AND run_after <= now()
    ORDER BY run_after LIMIT 1
) AS oldest
"""
# Both states are named because the partial index holds both.
_RUNNING_JOBS = """
SELECT queue, count(*) FILTER (WHERE status = 'running') FROM foundation_job
WHERE status IN ('sent', 'running') GROUP BY queue
"""
_DEAD_JOBS = """
SELECT count(*) FROM (SELECT 1 FROM foundation_job WHERE status = 'dead' LIMIT 50000) AS dead
"""
_DISPATCH_LAG = """
SELECT cursor.consumer, coalesce(extract(epoch FROM now() - (
    SELECT event.created_at FROM foundation_event AS event
    WHERE (event.xid, event.position) > (cursor.xid, cursor.position)
    ORDER BY event.xid, event.position LIMIT 1
)), 0) FROM foundation_eventcursor AS cursor
"""
_DELIVERY_LAG = """
SELECT coalesce(extract(epoch FROM now() - min(next_attempt_at)), 0) FROM foundation_webhookdelivery
WHERE status = 'pending' AND next_attempt_at <= now()
"""
_PENDING_DELIVERIES = """
SELECT count(*) FROM (
    SELECT 1 FROM foundation_webhookdelivery WHERE status = 'pending' LIMIT 50000
) AS pending
"""
# Newest first: a beat that ticks is found within a few rows, and one that does not ends at the bound.
_BEAT_AGE = """
SELECT coalesce((
    SELECT extract(epoch FROM now() - created_at) FROM (
        SELECT created_at, dedupe_key FROM foundation_job ORDER BY id DESC LIMIT 50000
    ) AS latest WHERE starts_with(dedupe_key, 'beat:') LIMIT 1
), -1)
"""
_CONNECTIONS = """
SELECT coalesce(state, 'other'), count(*) FROM pg_stat_activity
WHERE datname = current_database() GROUP BY 1
"""

_SEAL_AGE = """
SELECT coalesce((
    SELECT extract(epoch FROM now() - sealed_at) FROM foundation_seal ORDER BY number DESC LIMIT 1
), -1)
"""
# The newest slices first: a day of both kinds is within these.
_SEAL_FINDINGS = """
SELECT coalesce(sum(finding_count), 0) FROM (
    SELECT finding_count, finished_at FROM foundation_auditverification ORDER BY id DESC LIMIT 1000
) AS latest WHERE finished_at > now() - interval '1 day'
"""
_VERIFICATION_AGE = """
SELECT kind.kind, coalesce((
    SELECT extract(epoch FROM now() - finished_at) FROM foundation_auditverification AS verification
    WHERE verification.kind = kind.kind ORDER BY id DESC LIMIT 1
), -1) FROM (VALUES ('rows'), ('seals')) AS kind (kind)
"""


def register_foundation_gauges() -> None:
    """Called once, from AppConfig.ready."""
    register_gauge(
        "payments_jobs_ready",
        "Due jobs that nobody has taken.",
        lambda: _by_label(_READY_JOBS),
        label="queue",
    )
    register_gauge(
        "payments_jobs_oldest_ready_age_seconds",
        "How long the oldest due job has waited.",
        lambda: _by_label(_OLDEST_READY_JOB, [list(QUEUES)]),
        label="queue",
    )
    register_gauge(
        "payments_jobs_running",
        "Jobs that workers are at.",
        lambda: _by_label(_RUNNING_JOBS),
        label="queue",
    )
    register_gauge(
        "payments_jobs_dead", "Jobs that failed ten times and wait for a person.", _one(_DEAD_JOBS)
    )
    register_gauge(
        "payments_event_dispatch_lag_seconds",
        "Age of the oldest event a consumer has not taken; 0 when it has taken all.",
        lambda: _by_label(_DISPATCH_LAG),
        label="consumer",
    )
    register_gauge(
        "payments_webhook_delivery_lag_seconds",
        "How long the most overdue webhook delivery has waited.",
        _one(_DELIVERY_LAG),
    )
    register_gauge(
        "payments_webhook_deliveries_pending", "Webhook deliveries under way.", _one(_PENDING_DELIVERIES)
    )
    register_gauge(
        "payments_beat_age_seconds", "Since the last tick of beat; -1 when none is in sight.", _one(_BEAT_AGE)
    )
    _register_seal_gauges()
    register_gauge(
        "payments_database_connections",
        "Connections to the database by state.",
        lambda: _by_label(_CONNECTIONS),
        label="state",
    )
    register_gauge("payments_redis_memory_bytes", "Memory that Redis uses.", _redis_memory_bytes)


def _register_seal_gauges() -> None:
    register_gauge(
        "payments_seal_age_seconds",
        "Since the audit trail was last sealed; -1 when it never was.",
        _one(_SEAL_AGE),
    )
    register_gauge(
        "payments_seal_findings",
        "What the verifier found to differ from its seal within a day; anything but 0 pages.",
        _one(_SEAL_FINDINGS),
    )
    register_gauge(
        "payments_seal_verification_age_seconds",
        "Since the verifier last finished a slice; -1 when it never did.",
        lambda: _by_label(_VERIFICATION_AGE),
        label="kind",
    )


def _redis_memory_bytes() -> float:
    return float(get_redis().info("memory")["used_memory"])


def _rows(sql: str, parameters: list[Any] | None = None) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows


def _by_label(sql: str, parameters: list[Any] | None = None) -> dict[str, float]:
    return {label: float(number) for label, number in _rows(sql, parameters)}


def _one(sql: str) -> Any:
    return lambda: float(_rows(sql)[0][0])
