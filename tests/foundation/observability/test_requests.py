"""The line and the numbers of each request."""

from __future__ import annotations

import io
import json
import logging.config
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from django.conf import settings
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import ResolverMatch
from prometheus_client import REGISTRY

from foundation.observability.logs import logging_config
from foundation.observability.requests import RequestObservationMiddleware


@pytest.fixture
def lines() -> Iterator[Any]:
    stream = io.StringIO()
    config: dict[str, Any] = dict(logging_config("INFO"))
    config["handlers"] = {"stderr": {**config["handlers"]["stderr"], "stream": stream}}
    logging.config.dictConfig(config)
    yield lambda: [json.loads(line) for line in stream.getvalue().splitlines()]
    logging.config.dictConfig(settings.LOGGING)


def counted(method: str, route: str, status: str) -> float:
    labels = {"method": method, "route": route, "status": status}
    return REGISTRY.get_sample_value("payments_http_requests_total", labels) or 0.0


def test_a_refused_request_leaves_one_line_with_its_id_trace_and_code(lines: Any) -> None:
    response = Client().get("/v1/nothing_here", HTTP_TRACEPARENT=f"00-{'a' * 32}-{'b' * 16}-01")

    (line,) = [line for line in lines() if line["event"] == "request"]
    assert (line["method"], line["status"], line["code"]) == ("GET", 404, "unknown_route")
    assert line["request_id"] == response.headers["Request-Id"]
    assert line["trace_id"] == "a" * 32
    assert line["actor"] == "anonymous"
    assert "nothing_here" not in json.dumps(line)


def test_requests_are_counted_by_route_and_status_never_by_path() -> None:
    before = counted("GET", "healthz", "200")

    for _ in range(3):
        Client().get("/healthz")

    assert counted("GET", "healthz", "200") == before + 3
    assert REGISTRY.get_sample_value(
        "payments_http_request_seconds_count", {"method": "GET", "route": "healthz"}
    )


def test_health_checks_are_counted_but_not_logged(lines: Any) -> None:
    Client().get("/healthz")

    assert [line for line in lines() if line["event"] == "request"] == []


def test_an_invented_method_makes_no_series_of_its_own() -> None:
    Client().generic("BREW", "/healthz")

    assert counted("BREW", "healthz", "405") == 0
    assert counted("OTHER", "healthz", "405") >= 1


def test_merchant_and_key_come_from_authentication_and_a_crash_is_counted_as_500(lines: Any) -> None:
    class Key:
        pk = UUID("01890000-0000-7000-8000-0000000000aa")

    def crash(request: Any) -> HttpResponse:
        request.auth = Key()
        request.merchant_id = UUID("01890000-0000-7000-8000-000000000001")
        request.resolver_match = ResolverMatch(crash, (), {}, route="v1/refunds")
        raise ZeroDivisionError

    before = counted("POST", "v1/refunds", "500")
    with pytest.raises(ZeroDivisionError):
        RequestObservationMiddleware(crash)(RequestFactory().post("/v1/refunds"))

    (line,) = lines()
    assert (line["level"], line["status"], line["route"]) == ("error", 500, "v1/refunds")
    assert line["actor"] == "api_key:01890000-0000-7000-8000-0000000000aa"
    assert line["merchant"] == "01890000-0000-7000-8000-000000000001"
    assert counted("POST", "v1/refunds", "500") == before + 1
