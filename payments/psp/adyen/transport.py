"""How a call leaves for Adyen: the SDK's services on our own session, at the account's own host."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import requests
from Adyen import AdyenClient
from Adyen.services.checkout import AdyenCheckoutApi

from payments.psp.http.session import CONNECT_TIMEOUT_SECONDS, TOTAL_DEADLINE_SECONDS, DeadlineSession
from payments.psp.port import Credentials

API_VERSION = "v71"
TEST_HOST = "https://checkout-test.adyen.com"


@dataclass(frozen=True, slots=True)
class _Headers:
    """Response headers as the SDK looks into them."""

    of_answer: Any

    def get(self, name: str, default: Any = None) -> Any:
        return self.of_answer.get(name, default)


class _Http:
    """What the SDK sends with: one session for each thread, each with our deadline, and never a second try."""

    user_agent = "adyen-python-api-library"

    def __init__(self, deadline_seconds: int) -> None:
        self._deadline_seconds = min(deadline_seconds, TOTAL_DEADLINE_SECONDS)
        self._of_thread = threading.local()

    def request(
        self, method: str, url: str, *, json: Any = None, xapikey: str = "", headers: dict[str, str], **_: Any
    ) -> tuple[str, Any, int, _Headers]:
        session: requests.Session | None = getattr(self._of_thread, "session", None)
        if session is None:
            session = self._of_thread.session = DeadlineSession(self._deadline_seconds)
        answer = session.request(
            method,
            url,
            json=json,
            headers={**headers, "X-API-Key": xapikey},
            timeout=(CONNECT_TIMEOUT_SECONDS, self._deadline_seconds),
        )
        return answer.text, json, answer.status_code, _Headers(answer.headers)


class _Client(AdyenClient):  # type: ignore[misc]
    """The SDK rewrites addresses to the platform it was told; ours is the account's, as it stands."""

    def _determine_api_url(self, platform: str, endpoint: str) -> str:
        return endpoint


def client_with(secret_key: str, deadline_seconds: int) -> AdyenClient:
    client = _Client(xapikey=secret_key, platform="test")
    client.http_client = _Http(deadline_seconds)
    client.http_init = True
    return client


@lru_cache(maxsize=256)
def _checkout(secret_key: str, base_url: str, deadline_seconds: int) -> AdyenCheckoutApi:
    api = AdyenCheckoutApi(client=client_with(secret_key, deadline_seconds))
    for service in (api.payments_api, api.modifications_api, api.recurring_api):
        service.baseUrl = f"{base_url or TEST_HOST}/{API_VERSION}"
    return api


def checkout_for(credentials: Credentials) -> AdyenCheckoutApi:
    """The SDK's Checkout services of an account; kept, so that connections are reused.

    A live account names its own host (https://PREFIX-checkout-live.adyenpayments.com/checkout) as base URL."""
    return _checkout(credentials.secret_key, credentials.base_url, credentials.deadline_seconds)
