"""Endings of the URL configuration: unknown routes under /v1, and Django's four error handlers."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views import defaults
from django.views.decorators.csrf import csrf_exempt

from foundation.http.exceptions import contract_error, is_api_path, response_to


@csrf_exempt
def unknown_route(request: HttpRequest, **_: Any) -> HttpResponse:
    """The last route under /v1."""
    return contract_error(request, 404)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api_path(request.path):
        return response_to(exception)
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api_path(request.path):
        return response_to(exception)
    return defaults.permission_denied(request, exception)


def page_not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api_path(request.path):
        return contract_error(request, 404)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    if is_api_path(request.path):
        return contract_error(request, 500)
    return defaults.server_error(request)
