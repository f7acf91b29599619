"""Adyen's Disputes API for an account: a host of its own, the same key."""

from __future__ import annotations

from functools import lru_cache
from urllib.parse import urlsplit

from Adyen.services.disputes import AdyenDisputesApi

from payments.psp.adyen.transport import client_with
from payments.psp.port import Credentials

PATH = "/ca/services/DisputeService/v30"
TEST_HOST = "https://ca-test.adyen.com"
LIVE_HOST = "https://ca-live.adyen.com"
LIVE_CHECKOUT = ".adyenpayments.com"


def disputes_for(credentials: Credentials) -> AdyenDisputesApi:
    """The SDK's Disputes services of an account; kept, so that connections are reused."""
    return _disputes(credentials.secret_key, credentials.base_url, credentials.deadline_seconds)


def disputes_url(base_url: str) -> str:
    """Of the account whose Checkout host is base_url. Live accounts have a Checkout host each, and share this one."""
    if not base_url:
        return TEST_HOST + PATH
    host = urlsplit(base_url).hostname or ""
    return (LIVE_HOST if host.endswith(LIVE_CHECKOUT) else base_url.rstrip("/")) + PATH


@lru_cache(maxsize=256)
def _disputes(secret_key: str, base_url: str, deadline_seconds: int) -> AdyenDisputesApi:
    api = AdyenDisputesApi(client=client_with(secret_key, deadline_seconds))
    api.disputes_api.baseUrl = disputes_url(base_url)
    return api
