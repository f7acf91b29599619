"""Around every request: its id, its trace, the version spoken, and errors under /v1 that keep the contract.

Authentication, parameters, idempotency and rate limits are the API views' (views.py): the admin has its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse

from foundation import ids
from foundation.context import acting
from foundation.errors import DomainError
from foundation.http.errors import ApiVersionUnsupported, PanRefused
from foundation.http.exceptions import contract_error, error_response, is_api_path, response_to
from foundation.http.pan import find_pan
from foundation.idempotency.errors import IdempotencyKeyInvalid
from foundation.idempotency.models import MAX_KEY_LENGTH
from foundation.observability.trace_ids import continue_or_start_trace

_KEY = re.compile(rf"[\x21-\x7e](?:[\x20-\x7e]{{0,{MAX_KEY_LENGTH - 2}}}[\x21-\x7e])?")


class RequestContextMiddleware:
    """Sets the context for the whole request, and Request-Id on every response."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = ids.encode_id("req", ids.new_id())
        trace = continue_or_start_trace(request.headers.get("traceparent", ""))
        is_api = is_api_path(request.path)
        with acting(request_id=request_id, trace_id=trace.trace_id, traceparent=trace.traceparent):
            request.request_id = request_id  # type: ignore[attr-defined]
            response = self._answer_api(request) if is_api else self.get_response(request)
        response.headers["Request-Id"] = request_id
        response.headers["traceparent"] = trace.traceparent
        return response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """What a view under /v1 that is not an ApiView lets through."""
        return response_to(exception) if is_api_path(request.path) else None

    def _answer_api(self, request: HttpRequest) -> HttpResponse:
        version = request.headers.get("Stripe-Version", "") or settings.API_VERSION
        key = request.headers.get("Idempotency-Key", "")
        try:
            _refuse_unless_served(version)
            _refuse_unless_storable(key)
        except DomainError as error:
            version = settings.API_VERSION
            key = ""
            response = error_response(error)
        else:
            request.api_version = version  # type: ignore[attr-defined]
            with acting(idempotency_key=key):
                response = self.get_response(request)
                if response.status_code >= 400 and not getattr(response, "follows_contract", False):
                    response = _in_contract(request, response)
        response.headers["Stripe-Version"] = version
        response.headers["Cache-Control"] = "no-cache, no-store"
        if key:
            response.headers["Idempotency-Key"] = key
        return response


def _in_contract(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    replaced = contract_error(request, response.status_code)
    if "Allow" in response.headers:
        replaced.headers["Allow"] = response.headers["Allow"]
    return replaced


def _refuse_unless_served(version: str) -> None:
    if version not in settings.API_VERSIONS:
        served = " and ".join(settings.API_VERSIONS)
        raise ApiVersionUnsupported(f"The Stripe-Version {version[:40]!r} is not served; {served} are.")


def _refuse_unless_storable(key: str) -> None:
    if not key:
        return
    if not _KEY.fullmatch(key):
        raise IdempotencyKeyInvalid()
    # The key is stored and echoed, so it is guarded like a body.
    if find_pan(key):
        raise PanRefused()
