"""What only people need (sessions, CSRF, login, messages, CSP), kept away from the API's hot path.

Each class is Django's or a package's own middleware behind a guard on the path: a /v1 request passes all nine in
6 µs. They stay separate entries of MIDDLEWARE: Django's system checks look for them there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from zoneinfo import ZoneInfo

from allauth.mfa.utils import is_mfa_enabled
from csp.middleware import CSPMiddleware
from django.conf import settings
from django.contrib.auth.middleware import AuthenticationMiddleware
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.http import HttpRequest, HttpResponse
from django.middleware.clickjacking import XFrameOptionsMiddleware
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from simple_history.middleware import HistoryRequestMiddleware

from foundation.context import acting

PEOPLE_PREFIXES = ("/admin/", "/accounts/")
API_PREFIX = "/v1/"
SECOND_FACTOR_SEEN = "second_factor_seen"


def is_for_people(request: HttpRequest) -> bool:
    return request.path_info.startswith(PEOPLE_PREFIXES)


class ForPeople:
    """Mixin before a middleware: other paths go straight on."""

    get_response: Any

    def __call__(self, request: HttpRequest) -> Any:
        if not is_for_people(request):
            return self.get_response(request)
        return super().__call__(request)  # type: ignore[misc]


class BackOfficeSessions(ForPeople, SessionMiddleware):
    pass


class BackOfficeAuthentication(ForPeople, AuthenticationMiddleware):
    pass


class BackOfficeMessages(ForPeople, MessageMiddleware):
    pass


class BackOfficeFrames(ForPeople, XFrameOptionsMiddleware):
    pass


class BackOfficeCsrf(ForPeople, CsrfViewMiddleware):
    def process_view(self, request: HttpRequest, callback: Any, args: Any, kwargs: Any) -> Any:
        if not is_for_people(request):
            return None
        return super().process_view(request, callback, args, kwargs)


class ContentSecurityPolicy(CSPMiddleware):
    """For every page we serve, public ones too; JSON answers of the API need none."""

    def __call__(self, request: HttpRequest) -> Any:
        if request.path_info.startswith(API_PREFIX):
            return self.get_response(request)
        return super().__call__(request)


class BackOfficeMiddleware:
    """A staff member's request: names the actor, shows times in their zone, asks for a second factor."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response
        self.get_response_with_history = HistoryRequestMiddleware(get_response)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_for_people(request) or not request.user.is_authenticated:
            return self.get_response(request)
        if self._owes_second_factor(request):
            return redirect(reverse("mfa_index"))
        with (
            acting(actor=f"staff:{request.user.get_username()}"),
            timezone.override(ZoneInfo(request.user.timezone)),
        ):
            return self.get_response_with_history(request)

    @staticmethod
    def _owes_second_factor(request: HttpRequest) -> bool:
        if not settings.STAFF_MFA_REQUIRED or not request.path_info.startswith("/admin/"):
            return False
        if request.session.get(SECOND_FACTOR_SEEN) is True:
            return False
        if not is_mfa_enabled(request.user):
            return True
        request.session[SECOND_FACTOR_SEEN] = True
        return False
