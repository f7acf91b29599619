"""Rate limits per API key and class of request (read, write): one round trip to Redis, open when Redis is
away.
"""

from __future__ import annotations

from typing import Any

from django.conf import settings
from rest_framework.throttling import BaseThrottle

from foundation.http.errors import RateLimited
from foundation.resilience.rate_limits import allow
from foundation.tenancy.requests import ApiRequest

READS = frozenset({"GET", "HEAD", "OPTIONS"})


class KeyThrottle(BaseThrottle):
    """GCRA per key; RATE_LIMIT_READ and RATE_LIMIT_WRITE are requests per second, bursts twice as many."""

    def allow_request(self, request: ApiRequest, view: Any) -> bool:  # type: ignore[override]
        """True, or raises RateLimited with the seconds to wait. Leaves the limit's headers on the request."""
        kind, rate = (
            ("read", settings.RATE_LIMIT_READ)
            if request.method in READS
            else ("write", settings.RATE_LIMIT_WRITE)
        )
        decision = allow(
            f"api:{request.api_key.id}:{kind}",
            rate_per_second=rate,
            burst=rate * settings.RATE_LIMIT_BURST_SECONDS,
        )
        headers = {"RateLimit-Limit": str(rate), "RateLimit-Remaining": str(max(0, decision.remaining))}
        request._request.rate_limit_headers = headers  # type: ignore[attr-defined]
        if decision.allowed:
            return True
        headers["RateLimit-Reset"] = str(max(1, round(decision.retry_after_seconds)))
        raise RateLimited(retry_after_seconds=decision.retry_after_seconds)
