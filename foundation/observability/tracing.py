"""OpenTelemetry: started after the fork, in each web worker and each Celery child, and only where a collector
is named by OTEL_EXPORTER_OTLP_ENDPOINT.

What does not live here: trace ids for rows and logs (trace_ids.py), which exist without OpenTelemetry too.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from foundation.observability.scrubbing import scrub_text
from foundation.observability.trace_ids import opentelemetry_started

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
    from opentelemetry.sdk.trace.export import SpanExporter

ENDPOINT_VARIABLE = "OTEL_EXPORTER_OTLP_ENDPOINT"
EXPORT_TIMEOUT_SECONDS = 5
UNTRACED_PATHS = "healthz,readyz,metrics,static/"

# Prefixes of attributes that may leave. Query strings, headers, bodies and SQL values may not.
ALLOWED_ATTRIBUTES = (
    "celery.",
    "code",
    "db.",
    "error.type",
    "exception.type",
    "http.method",
    "http.request.method",
    "http.response.status_code",
    "http.route",
    "http.status_code",
    "messaging.",
    "net.",
    "network.",
    "payments.",
    "server.",
    "url.scheme",
)

_provider: TracerProvider | None = None


def start_tracing(service: str = "") -> bool:
    """Export spans of this process from now on; whether tracing runs.

    Call it after the fork (gunicorn's post_fork, Celery's worker_process_init) and before the application is
    loaded. Without OTEL_EXPORTER_OTLP_ENDPOINT it does nothing; a second call changes nothing.
    service: shown as service.name, e.g. `payments-web`; OTEL_SERVICE_NAME wins.
    """
    global _provider
    if not os.environ.get(ENDPOINT_VARIABLE):
        return False
    if _provider is not None:
        return True
    from opentelemetry import trace
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter

    _provider = make_provider(OTLPSpanExporter(timeout=EXPORT_TIMEOUT_SECONDS), service)
    trace.set_tracer_provider(_provider)
    _instrument()
    opentelemetry_started()
    return True


def make_provider(exporter: SpanExporter, service: str) -> TracerProvider:
    """A tracer provider that batches spans, scrubs them and hands them to `exporter`."""
    from opentelemetry.sdk.resources import SERVICE_NAME, Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    name = os.environ.get("OTEL_SERVICE_NAME") or service or "payments"
    provider = TracerProvider(resource=Resource.create({SERVICE_NAME: name}))
    provider.add_span_processor(BatchSpanProcessor(_scrubbing(exporter)))
    return provider


def flush_tracing() -> None:
    """Hand over what is still buffered. Celery's children need it: they leave without running atexit."""
    if _provider is not None:
        _provider.force_flush(EXPORT_TIMEOUT_SECONDS * 1_000)


def trace_celery_workers() -> None:
    """Start tracing in every child of a Celery worker, and flush when a child leaves."""
    from celery.signals import worker_process_init, worker_process_shutdown

    worker_process_init.connect(_on_worker_start, weak=False, dispatch_uid="payments-tracing")
    worker_process_shutdown.connect(_on_worker_stop, weak=False, dispatch_uid="payments-tracing")


def _on_worker_start(**_: Any) -> None:
    start_tracing("payments-worker")


def _on_worker_stop(**_: Any) -> None:
    flush_tracing()


def _instrument() -> None:
    from opentelemetry.instrumentation.celery import CeleryInstrumentor
    from opentelemetry.instrumentation.django import DjangoInstrumentor
    from opentelemetry.instrumentation.psycopg import PsycopgInstrumentor
    from opentelemetry.instrumentation.redis import RedisInstrumentor
    from opentelemetry.instrumentation.requests import RequestsInstrumentor

    DjangoInstrumentor().instrument(excluded_urls=UNTRACED_PATHS)
    # Linked, not nested: a job may run hours after the request that staged it.
    CeleryInstrumentor().instrument(use_span_links=True)  # type: ignore[no-untyped-call]
    PsycopgInstrumentor().instrument()
    RedisInstrumentor().instrument()
    RequestsInstrumentor().instrument()


def scrubbed_span(span: ReadableSpan) -> ReadableSpan:
    """A copy of the span with allowed attributes only, its texts scrubbed, exceptions cut to their type."""
    from opentelemetry.sdk.trace import Event, ReadableSpan
    from opentelemetry.trace import Status

    return ReadableSpan(
        name=scrub_text(span.name, max_chars=200),
        context=span.context,
        parent=span.parent,
        resource=span.resource,
        attributes=_allowed(span.attributes),
        events=[Event(event.name, _allowed(event.attributes), event.timestamp) for event in span.events],
        links=span.links,
        kind=span.kind,
        # A status description repeats the exception's text.
        status=Status(span.status.status_code),
        start_time=span.start_time,
        end_time=span.end_time,
        instrumentation_scope=span.instrumentation_scope,
    )


def _allowed(attributes: Any) -> dict[str, Any]:
    kept = {}
    for name, value in (attributes or {}).items():
        if name.startswith(ALLOWED_ATTRIBUTES):
            kept[name] = scrub_text(value) if isinstance(value, str) else value
    return kept


def _scrubbing(exporter: SpanExporter) -> SpanExporter:
    from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult

    class ScrubbingExporter(SpanExporter):
        def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
            return exporter.export([scrubbed_span(span) for span in spans])

        def shutdown(self) -> None:
            exporter.shutdown()

        def force_flush(self, timeout_millis: int = 30_000) -> bool:
            return exporter.force_flush(timeout_millis)

    return ScrubbingExporter()
