"""The network address a request comes from."""

from __future__ import annotations

from django.conf import settings
from django.http import HttpRequest


def client_address(request: HttpRequest) -> str:
    """The caller's IP address as text.

    X-Forwarded-For is believed only for as many proxies as are ours (TRUSTED_PROXY_COUNT, 0 by default): each
    appends the address it saw, so the caller's own stands that many from the right.
    """
    direct = str(request.META.get("REMOTE_ADDR", ""))
    count: int = settings.TRUSTED_PROXY_COUNT
    if count == 0:
        return direct
    forwarded = [
        part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()
    ]
    return forwarded[-count] if len(forwarded) >= count else direct
