"""A shop behind a running server, and the official SDK speaking to it; every answer is checked on its way."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
import requests
import stripe

from foundation.events.inline import dispatch_events
from foundation.jobs.inline import run_due_jobs
from foundation.tenancy.operations import create_api_key
from foundation.webhooks.fan_out import WEBHOOKS
from payments.models import PspWebhook
from tests.factories.shop import WEBHOOK_SECRET, Shop
from tests.foundation.webhooks.receiver import Receiver
from tests.stripe_shapes.contract import assert_in_contract

PATIENCE_SECONDS = 10


class CheckedTransport(stripe.RequestsClient):
    """The SDK's own HTTP client; each answer is looked at before the SDK reads it."""

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        body, status, answered = super().request(method, url, headers, post_data)
        assert_in_contract(status, answered, body)
        return body, status, answered


@pytest.fixture
def secret(shop: Shop) -> str:
    return create_api_key(merchant_id=shop.id).secret


@pytest.fixture
def sdk(live_server: Any, secret: str) -> stripe.StripeClient:
    return stripe.StripeClient(
        secret,
        base_addresses={"api": live_server.url, "files": live_server.url},
        max_network_retries=0,
        http_client=CheckedTransport(),
    )


@pytest.fixture
def receiver(settings: Any) -> Iterator[Receiver]:
    """The merchant's own server, on a private address as in development."""
    settings.WEBHOOK_ALLOW_PRIVATE_NETWORKS = True
    with Receiver().running() as running:
        yield running


@pytest.fixture
def psp_tells_us(shop: Shop, live_server: Any) -> Callable[[str], None]:
    """psp_tells_us("payment_intent.succeeded"): wait for that webhook of the PSP, and handle all that came."""
    requests.post(
        f"{shop.psp.base_url}/sandbox/webhook_endpoints",
        json={
            "account": shop.psp.key,
            "url": f"{live_server.url}/psp/webhooks/{shop.account.public_id}/",
            "secret": WEBHOOK_SECRET,
        },
        timeout=5,
    ).raise_for_status()

    def wait_for(event_type: str) -> None:
        deadline = time.monotonic() + PATIENCE_SECONDS
        while not PspWebhook.objects.for_merchant(shop.id).filter(event_type=event_type).exists():
            assert time.monotonic() < deadline, f"the PSP never sent {event_type}"
            time.sleep(0.02)
        run_due_jobs()

    return wait_for


def deliver_webhooks() -> None:
    """What the relay and the workers do: events to deliveries, deliveries to their endpoints."""
    dispatch_events([WEBHOOKS])
    run_due_jobs()
