"""The span of a job: it continues the trace that staged the job and is linked to the message that woke it."""

from __future__ import annotations

import os
from contextlib import AbstractContextManager, nullcontext

from foundation.observability.tracing import ENDPOINT_VARIABLE


def job_span(name: str, traceparent: str) -> AbstractContextManager[object]:
    """A span around a handler; nothing where no collector is named. traceparent: as stored with the job."""
    if not os.environ.get(ENDPOINT_VARIABLE):
        return nullcontext()
    # The import costs 60 ms, which processes without tracing need not pay.
    from opentelemetry import trace
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    woken_by = trace.get_current_span().get_span_context()
    links = [trace.Link(woken_by)] if woken_by.is_valid else []
    staged_in = TraceContextTextMapPropagator().extract({"traceparent": traceparent})
    return trace.get_tracer(__name__).start_as_current_span(f"job {name}", context=staged_in, links=links)
