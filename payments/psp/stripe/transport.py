"""How a call leaves for Stripe: SDK client, deadline, and the line between "never left" and "may have happened"."""

from __future__ import annotations

import time
from functools import lru_cache
from typing import Any

import requests
import stripe
import urllib3
from requests.adapters import HTTPAdapter

from payments.psp.port import Credentials

API_VERSION = "2026-10-28.endive"
CONNECT_TIMEOUT_SECONDS = 1
TOTAL_DEADLINE_SECONDS = 15
READ_CHUNK_BYTES = 65_536


class DeadlineSession(requests.Session):
    """A session whose whole answer, not each byte of it, has a deadline: a dripping PSP is a late PSP."""

    def __init__(self, deadline_seconds: int) -> None:
        super().__init__()
        self.deadline_seconds = min(deadline_seconds, TOTAL_DEADLINE_SECONDS)
        # Retries are ours: a library that sends a charge twice is no help.
        self.mount("https://", HTTPAdapter(max_retries=0, pool_maxsize=4))
        self.mount("http://", HTTPAdapter(max_retries=0, pool_maxsize=4))

    def request(self, *args: Any, **kwargs: Any) -> requests.Response:
        ends_at = time.monotonic() + self.deadline_seconds
        kwargs["stream"] = True
        kwargs["allow_redirects"] = False
        response = super().request(*args, **kwargs)
        chunks = []
        for chunk in response.iter_content(READ_CHUNK_BYTES):
            chunks.append(chunk)
            if time.monotonic() > ends_at:
                response.close()
                raise requests.exceptions.ReadTimeout("The answer came too slowly.")
        response._content = b"".join(chunks)
        return response


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
    addresses: Any = {"api": base_url} if base_url else None
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
    """Whether no byte of the request can have reached the PSP: the connection itself was never made."""
    cause = error.__cause__
    if isinstance(cause, requests.exceptions.ConnectTimeout | requests.exceptions.SSLError):
        return True
    if not isinstance(cause, requests.exceptions.ConnectionError):
        return False
    reason = cause.args[0] if cause.args else None
    if isinstance(reason, urllib3.exceptions.MaxRetryError):
        reason = reason.reason
    return isinstance(reason, urllib3.exceptions.NewConnectionError | urllib3.exceptions.NameResolutionError)
