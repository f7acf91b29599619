"""The public pages about the API: its document, its reference, and one page per error code."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from foundation.errors import DomainError

ADVICE = {
    400: "Change the request: sending it again as it is will be refused again.",
    401: "Send a valid secret key.",
    402: "The payment was declined. Ask the customer for another way to pay.",
    403: "Use a key that may do this.",
    404: "Check the id and the mode of the key: an object of another account or mode is not visible.",
    405: "Use one of the methods named in the Allow header.",
    409: "Send the same request again in a moment, with the same Idempotency-Key.",
    415: "Send a form or JSON in UTF-8.",
    429: "Wait for the seconds named in Retry-After, then send the request again.",
    500: "Tell us the request id. Ask for the object before you send the request again.",
    502: "Send the same request again in a moment, with the same Idempotency-Key.",
    503: "Send the same request again in a moment, with the same Idempotency-Key.",
}


def document_path() -> Path:
    """Where the committed OpenAPI document is; `manage.py write_openapi` writes it."""
    return Path(settings.BASE_DIR) / "docs" / "openapi.json"


@require_safe
def openapi_document(request: HttpRequest) -> HttpResponse:
    return HttpResponse(_document(), content_type="application/json")


@require_safe
def api_reference(request: HttpRequest) -> HttpResponse:
    return render(request, "docs/api.html")


@require_safe
def error_index(request: HttpRequest) -> HttpResponse:
    errors = [DomainError.registry[code] for code in sorted(DomainError.registry)]
    return render(request, "docs/errors.html", {"errors": errors})


@require_safe
def error_page(request: HttpRequest, code: str) -> HttpResponse:
    error = DomainError.registry.get(code)
    if error is None:
        raise Http404
    return render(request, "docs/error.html", {"error": error, "advice": ADVICE.get(error.http_status, "")})


@cache
def _document() -> bytes:
    return document_path().read_bytes()
