"""Every request: one line in the log and one observation in the metrics. Outermost but for static files.

What does not live here: the request's id and trace (foundation/http/middleware.py), which this reads back
from the response, so that refusals made before any view are seen too.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog
from django.http import HttpRequest, HttpResponse

from foundation.observability.metrics import observe_request

UNMATCHED = "(unmatched)"
KNOWN_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
# Asked every few seconds by machines: measured, and logged only when they fail.
QUIET_ROUTES = frozenset({"healthz", "readyz", "metrics"})

log = structlog.get_logger(__name__)


class RequestObservationMiddleware:
    """Measures and logs. A route is the URL pattern: a path holds ids and would make series without end."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        began = time.perf_counter()
        status = 500
        response: HttpResponse | None = None
        try:
            response = self.get_response(request)
            status = response.status_code
            return response
        finally:
            seconds = time.perf_counter() - began
            match = request.resolver_match
            route = match.route if match is not None else UNMATCHED
            method = request.method if request.method in KNOWN_METHODS else "OTHER"
            observe_request(method or "OTHER", route, status, seconds)
            if route not in QUIET_ROUTES or status >= 400:
                _log_request(
                    request, response, method=method or "OTHER", route=route, status=status, seconds=seconds
                )


def _log_request(
    request: HttpRequest,
    response: HttpResponse | None,
    *,
    method: str,
    route: str,
    status: int,
    seconds: float,
) -> None:
    fields = {
        "method": method,
        "route": route,
        "status": status,
        "duration_ms": round(seconds * 1_000, 1),
        "actor": _actor_of(request),
    }
    if response is not None:
        fields["request_id"] = response.headers.get("Request-Id", "")
        fields["trace_id"] = response.headers.get("traceparent", "")[3:35]
        code = getattr(response, "error_code", "")
        if code:
            fields["code"] = code
    merchant_id = getattr(request, "merchant_id", None)
    if merchant_id is not None:
        fields["merchant"] = str(merchant_id)
    write = log.error if status >= 500 else log.info
    write("request", **fields)


def _actor_of(request: HttpRequest) -> str:
    api_key = getattr(request, "auth", None)
    if api_key is not None:
        return f"api_key:{api_key.pk}"
    # Only what is loaded already: request.user itself would ask the database.
    user = getattr(request, "_cached_user", None)
    if user is not None and user.is_authenticated:
        return f"staff:{user.get_username()}"
    return "anonymous"
