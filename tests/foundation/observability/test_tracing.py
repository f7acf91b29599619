"""Trace ids with and without OpenTelemetry, and what a span may carry out of the house."""

from __future__ import annotations

import http.server
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from opentelemetry.trace import StatusCode

from foundation.context import acting
from foundation.observability.trace_ids import (
    continue_or_start_trace,
    current_trace_id,
    current_traceparent,
)
from foundation.observability.tracing import make_provider, start_tracing

TRACE = "0af7651916cd43dd8448eb211c80319c"


def test_a_callers_trace_is_continued_with_a_span_of_our_own() -> None:
    trace = continue_or_start_trace(f"00-{TRACE}-b7ad6b7169203331-01")

    assert trace.trace_id == TRACE
    assert re.fullmatch(rf"00-{TRACE}-[0-9a-f]{{16}}-01", trace.traceparent)
    assert "b7ad6b7169203331" not in trace.traceparent


@pytest.mark.parametrize(
    "header",
    [
        "",
        "nonsense",
        f"00-{'0' * 32}-b7ad6b7169203331-01",
        f"00-{TRACE}-{'0' * 16}-01",
        f"ff-{TRACE}-b7ad6b7169203331-01",
        f"00-{TRACE[:-1]}-b7ad6b7169203331-01",
    ],
)
def test_a_malformed_header_starts_a_new_trace(header: str) -> None:
    first, second = continue_or_start_trace(header), continue_or_start_trace(header)

    assert re.fullmatch(r"00-[0-9a-f]{32}-[0-9a-f]{16}-01", first.traceparent)
    assert first.trace_id != second.trace_id
    assert TRACE not in (first.trace_id, second.trace_id)


def test_rows_take_the_trace_of_the_context() -> None:
    assert (current_trace_id(), current_traceparent()) == ("", "")

    with acting(trace_id=TRACE, traceparent=f"00-{TRACE}-b7ad6b7169203331-01"):
        assert current_trace_id() == TRACE
        assert current_traceparent() == f"00-{TRACE}-b7ad6b7169203331-01"


def test_without_a_collector_nothing_starts() -> None:
    assert "OTEL_EXPORTER_OTLP_ENDPOINT" not in os.environ

    assert not start_tracing()


def test_a_span_leaves_with_allowed_attributes_only_and_scrubbed() -> None:
    exporter = InMemorySpanExporter()
    provider = make_provider(exporter, "test")
    with provider.get_tracer("t").start_as_current_span("GET v1/refunds") as span:
        span.set_attribute("http.route", "v1/refunds")
        span.set_attribute("http.status_code", 200)
        span.set_attribute("http.url", "https://host/v1/refunds?email=ada@example.com")
        span.set_attribute("db.statement", "SELECT 1 -- 4242424242424242")
        span.set_attribute("customer.email", "ada@example.com")
        span.record_exception(ValueError("row of ada@example.com"))
        span.set_status(StatusCode.ERROR, "row of ada@example.com")

    provider.force_flush()

    (left,) = exporter.get_finished_spans()
    assert dict(left.attributes or {}) == {
        "http.route": "v1/refunds",
        "http.status_code": 200,
        "db.statement": "SELECT 1 -- [card ending 4242]",
    }
    assert [dict(event.attributes or {}) for event in left.events] == [{"exception.type": "ValueError"}]
    assert (left.status.status_code, left.status.description) == (StatusCode.ERROR, None)
    assert "ada@example.com" not in left.to_json()


@pytest.fixture
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """An OTLP collector that keeps what it is sent."""
    bodies: list[bytes] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            return

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}", bodies
    server.shutdown()
    server.server_close()


A_TRACED_PROCESS = """
import os
from foundation.observability.tracing import start_tracing
assert start_tracing("payments-probe")
assert start_tracing("payments-probe")
import django
django.setup()
from django.test import Client
from foundation.observability.trace_ids import current_trace_id
response = Client().get("/v1/nothing", headers={"traceparent": "00-%s-b7ad6b7169203331-01"})
assert response.status_code == 404
assert response.headers["traceparent"][3:35] == "%s", response.headers["traceparent"]
Client().get("/healthz")
from django.db import connection
with connection.cursor() as cursor:
    cursor.execute("SELECT 'probe'")
"""


def test_a_traced_process_sends_its_spans_before_it_ends(collector: tuple[str, list[bytes]]) -> None:
    endpoint, bodies = collector

    subprocess.run(
        [sys.executable, "-c", A_TRACED_PROCESS % (TRACE, TRACE)],
        env={**os.environ, "OTEL_EXPORTER_OTLP_ENDPOINT": endpoint},
        check=True,
        timeout=60,
    )

    sent = b"".join(bodies)
    assert b"payments-probe" in sent
    assert bytes.fromhex(TRACE) in sent
    assert b"SELECT" in sent
    assert b"healthz" not in sent
