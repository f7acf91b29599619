"""W3C trace ids, with or without OpenTelemetry: every request, job and event has one. Free of Django.

Source: https://www.w3.org/TR/trace-context/, read 2026-11.
"""

from __future__ import annotations

import re
import secrets
from typing import NamedTuple

from foundation.context import current

_TRACEPARENT = re.compile(r"^(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(?:-.*)?$")
NO_TRACE = "0" * 32
NO_SPAN = "0" * 16

_is_tracing = False


class Trace(NamedTuple):
    """trace_id: 32 hex digits. traceparent: the W3C header of the span that acts now."""

    trace_id: str
    traceparent: str


def opentelemetry_started() -> None:
    """From now on spans of OpenTelemetry decide; called by start_tracing."""
    global _is_tracing
    _is_tracing = True


def continue_or_start_trace(traceparent: str = "") -> Trace:
    """The trace to act under: OpenTelemetry's active span, else the caller's header, else a new trace.

    A header that is malformed or all zeros counts as absent. Continuing means a span id of our own.
    """
    active = _active_span()
    if active is not None:
        return active
    match = _TRACEPARENT.match(traceparent.strip().lower())
    if match and match[1] != NO_TRACE and match[2] != NO_SPAN:
        return _with_new_span(match[1])
    return _with_new_span(secrets.token_hex(16))


def current_trace_id() -> str:
    """The trace id of the active span, else of the context; empty when neither knows one."""
    active = _active_span()
    return active.trace_id if active is not None else current().trace_id


def current_traceparent() -> str:
    """The W3C header for a call that leaves now or a job that is staged; empty when there is no trace."""
    active = _active_span()
    return active.traceparent if active is not None else current().traceparent


def _with_new_span(trace_id: str) -> Trace:
    return Trace(trace_id, f"00-{trace_id}-{secrets.token_hex(8)}-01")


def _active_span() -> Trace | None:
    # The import is left out where no tracing was started: it costs every process 60 ms.
    if not _is_tracing:
        return None
    from opentelemetry import trace

    span = trace.get_current_span().get_span_context()
    if not span.is_valid:
        return None
    trace_id = f"{span.trace_id:032x}"
    return Trace(trace_id, f"00-{trace_id}-{span.span_id:016x}-{int(span.trace_flags):02x}")
