"""How a call leaves for Stripe: SDK client, deadline, and the line between "never left" and "may have happened"."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import stripe

from payments.psp.http import session
from payments.psp.http.session import CONNECT_TIMEOUT_SECONDS, TOTAL_DEADLINE_SECONDS, DeadlineSession
from payments.psp.port import Credentials

API_VERSION = "2026-10-28.endive"


class _Transport(stripe.RequestsClient):
    """One session for each thread, as the SDK keeps them, each with our deadline."""

    def __init__(self, deadline_seconds: int) -> None:
        super().__init__(timeout=(CONNECT_TIMEOUT_SECONDS, min(deadline_seconds, TOTAL_DEADLINE_SECONDS)))
        self._deadline_seconds = deadline_seconds

    def _request_internal(self, *args: Any, **kwargs: Any) -> Any:
        if getattr(self._thread_local, "session", None) is None:
            self._thread_local.session = DeadlineSession(self._deadline_seconds)
        return super()._request_internal(*args, **kwargs)


@lru_cache(maxsize=256)
def _client(secret_key: str, base_url: str, deadline_seconds: int) -> stripe.StripeClient:
    addresses: Any = {"api": base_url, "files": base_url} if base_url else None
    return stripe.StripeClient(
        secret_key,
        stripe_version=API_VERSION,
        base_addresses=addresses,
        max_network_retries=0,
        http_client=_Transport(deadline_seconds),
    )


def client_for(credentials: Credentials) -> stripe.StripeClient:
    """The SDK client of an account; kept, so that connections are reused."""
    return _client(credentials.secret_key, credentials.base_url, credentials.deadline_seconds)


def certainly_never_left(error: stripe.APIConnectionError) -> bool:
    """Whether no byte of the request can have reached Stripe."""
    return session.certainly_never_left(error.__cause__)
