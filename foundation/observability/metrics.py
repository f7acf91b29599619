"""Every counter, histogram and gauge of the product, and how they are collected over all processes.

Counters live in files of PROMETHEUS_MULTIPROC_DIR, written by web, workers, relay and beat alike. Gauges
about rows are not kept by anyone: they are asked of the database when Prometheus scrapes (gauges.py).
What does not live here: the page itself (views.py) and its own port (serving.py).
"""

from __future__ import annotations

import os
from pathlib import Path

from prometheus_client import (
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector

from foundation.observability.folding import fold_dead_processes, steady_files
from foundation.observability.gauges import DatabaseGauges

# A second series for every series, which no alarm of ours asks for.
disable_created_metrics()  # type: ignore[no-untyped-call]

LATENCY_BUCKETS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
PSP_BUCKETS_SECONDS = (0.1, 0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 15.0)

HTTP_SECONDS = Histogram(
    "payments_http_request_seconds",
    "Time to answer a request, by route.",
    ("method", "route"),
    buckets=LATENCY_BUCKETS_SECONDS,
)
HTTP_REQUESTS = Counter(
    "payments_http_requests", "Requests answered, by route and status.", ("method", "route", "status")
)
PSP_CALLS = Counter(
    "payments_psp_calls",
    "Calls to PSPs by outcome: succeeded, declined, unknown …",
    ("psp", "operation", "outcome"),
)
PSP_SECONDS = Histogram(
    "payments_psp_call_seconds", "Time of a call to a PSP.", ("psp", "operation"), buckets=PSP_BUCKETS_SECONDS
)
JOBS_RUN = Counter("payments_jobs_run", "Jobs run by outcome: done, again, failed, dead.", ("job", "outcome"))
JOB_SECONDS = Histogram(
    "payments_job_seconds", "Time of a job's handler.", ("job",), buckets=PSP_BUCKETS_SECONDS
)
BREAKER_CHANGES = Counter(
    "payments_breaker_changes", "State changes of circuit breakers.", ("subject", "operation", "state")
)
BREAKER_OPEN = Gauge(
    "payments_breaker_open",
    "1 while a circuit is open, 0.5 half open, 0 closed, as the process that saw the last change left it.",
    ("subject", "operation"),
    multiprocess_mode="mostrecent",
)
FAILED_OPEN = Counter(
    "payments_safeguard_failed_open",
    "Redis did not answer, so a breaker, limit or bulkhead let a call pass or decided on this process alone.",
    ("safeguard",),
)
for _safeguard in ("breaker", "bulkhead", "rate_limit"):
    # Kept from nought: a series that appears with its first failure has no increase that an alarm could see.
    FAILED_OPEN.labels(_safeguard)
BROKER_FAILURES = Counter("payments_broker_failures", "Wake-ups that the broker did not take; the rows wait.")
PAN_HITS = Counter("payments_pan_hits", "Card numbers found where none may be, by place.", ("place",))


def observe_request(method: str, route: str, status: int, seconds: float) -> None:
    """One answered HTTP request. route: the URL pattern, never the path, so that the series stay few."""
    HTTP_REQUESTS.labels(method, route, str(status)).inc()
    HTTP_SECONDS.labels(method, route).observe(seconds)


def observe_psp_call(psp: str, operation: str, outcome: str, seconds: float) -> None:
    """One call to a PSP. psp: `stripe`, `adyen`; outcome: the outcome's name in snake case."""
    PSP_CALLS.labels(psp, operation, outcome).inc()
    PSP_SECONDS.labels(psp, operation).observe(seconds)


def observe_job(job: str, outcome: str, seconds: float) -> None:
    """One run of a job's handler. outcome: `done`, `again`, `failed` or `dead`."""
    JOBS_RUN.labels(job, outcome).inc()
    JOB_SECONDS.labels(job).observe(seconds)


def render_metrics() -> bytes:
    """Every metric of every process of this machine, in Prometheus' text format."""
    folder = os.environ.get("PROMETHEUS_MULTIPROC_DIR")
    if not folder:
        return generate_latest(REGISTRY) + generate_latest(_with_database_gauges(CollectorRegistry()))
    processes = CollectorRegistry()
    MultiProcessCollector(processes, path=folder)  # type: ignore[no-untyped-call]
    with steady_files(Path(folder)):
        fold_dead_processes(Path(folder))
        counted = generate_latest(processes)
    return counted + generate_latest(_with_database_gauges(CollectorRegistry()))


def _with_database_gauges(registry: CollectorRegistry) -> CollectorRegistry:
    registry.register(DatabaseGauges())
    return registry
