"""The error contract: any exception to `{"error": {…}}`, with a stable code and nothing internal.

DRF's handler, the middleware and Django's handler404 … all end in error_response.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import Error as DatabaseFailure
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.http.request import RawPostDataException, UnreadablePostError
from rest_framework import exceptions as drf

from foundation.context import current
from foundation.errors import DomainError, LockTimeout, ResourceMissing
from foundation.http.errors import (
    BodyMalformed,
    ContentTypeUnsupported,
    InternalError,
    MethodNotAllowed,
    PanRefused,
    RateLimited,
    RequestRefused,
    RequestTooLarge,
    ServiceUnavailable,
    UnknownRoute,
)
from foundation.http.pan import mask_pans
from foundation.observability.metrics import PAN_HITS
from foundation.transactions import LOCK_NOT_AVAILABLE

logger = logging.getLogger(__name__)

QUERY_CANCELED = "57014"
# Repeating with the same key is right after these: nothing happened, or a repeat finds what did.
REPEATABLE_STATUSES = frozenset({409, 503})


def handle_exception(exception: Exception, context: dict[str, Any]) -> HttpResponse:
    """DRF's exception handler; never returns None, so nothing escapes to Django's error pages."""
    return response_to(exception)


def response_to(exception: BaseException) -> HttpResponse:
    """The response to any exception; unexpected ones are logged with their traceback."""
    return error_response(domain_error_of(exception))


def domain_error_of(exception: BaseException) -> DomainError:
    """The refusal that an exception means to the caller."""
    if isinstance(exception, DomainError):
        return exception
    if isinstance(exception, DatabaseFailure):
        return _of_database(exception)
    known = _of_framework(exception)
    if known is not None:
        return known
    logger.error("request_failed", exc_info=exception)
    return InternalError()


def _of_database(exception: DatabaseFailure) -> DomainError:
    state = getattr(exception.__cause__, "sqlstate", None)
    if state == LOCK_NOT_AVAILABLE:
        return LockTimeout()
    logger.error("request_failed", exc_info=exception)
    if isinstance(exception, (OperationalError, InterfaceError)):
        # Rolled back, or a commit of unknown outcome that a repeat finds by its unique keys.
        return ServiceUnavailable()
    return InternalError()


def _of_framework(exception: BaseException) -> DomainError | None:
    if isinstance(exception, drf.MethodNotAllowed):
        return MethodNotAllowed()
    if isinstance(exception, drf.UnsupportedMediaType):
        return ContentTypeUnsupported()
    if isinstance(exception, drf.Throttled):
        return RateLimited(retry_after_seconds=getattr(exception, "wait", None))
    if isinstance(exception, drf.ParseError):
        return BodyMalformed()
    if isinstance(exception, (Http404, drf.NotFound)):
        return ResourceMissing()
    if isinstance(exception, RequestDataTooBig):
        return RequestTooLarge()
    if isinstance(exception, (UnreadablePostError, RawPostDataException)):
        return BodyMalformed("The request body ended before it was complete.")
    if isinstance(exception, (SuspiciousOperation, PermissionDenied, drf.APIException)):
        return RequestRefused()
    return None


def error_response(error: DomainError) -> HttpResponse:
    """The error contract's body and status. A card number that was refused is an incident: counted and logged."""
    if isinstance(error, PanRefused):
        PAN_HITS.labels(place="request").inc()
        logger.error("pan_refused")
    response = HttpResponse(
        json.dumps({"error": error_body(error)}, separators=(",", ":"), ensure_ascii=False).encode(),
        status=error.http_status,
        content_type="application/json",
    )
    response.follows_contract = True  # type: ignore[attr-defined]
    # For the request's line in the log.
    response.error_code = error.code  # type: ignore[attr-defined]
    retry_after = error.details.get("retry_after_seconds")
    if error.http_status in REPEATABLE_STATUSES:
        response.headers["Stripe-Should-Retry"] = "true"
    if retry_after is not None:
        response.headers["Retry-After"] = str(max(1, round(retry_after)))
    return response


def error_body(error: DomainError) -> dict[str, Any]:
    """The fields of `error`: message and type always, param and further details where there are any."""
    body: dict[str, Any] = {
        "code": error.code,
        "doc_url": f"{settings.PUBLIC_BASE_URL}/docs/errors/{error.code}",
        "message": mask_pans(error.text),
        "type": error.error_type,
    }
    if error.param is not None:
        body["param"] = mask_pans(error.param)
    body |= {name: value for name, value in error.details.items() if name != "retry_after_seconds"}
    request_id = current().request_id
    if request_id:
        body["request_id"] = request_id
    return body


def is_api_path(path: str) -> bool:
    return path == "/v1" or path.startswith("/v1/")


def contract_error(request: HttpRequest, status: int) -> HttpResponse:
    """The error contract for a status that was decided without a DomainError (Django's own pages)."""
    if status == 404:
        return error_response(
            UnknownRoute(f"Unrecognized request URL ({request.method}: {request.path[:200]}).")
        )
    if status == 405:
        return error_response(MethodNotAllowed())
    if status == 413:
        return error_response(RequestTooLarge())
    return error_response(InternalError() if status >= 500 else RequestRefused())
