"""An endpoint that listens, a server behind it, and a short way from an event to its delivery."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import transaction

from foundation import ids
from foundation.events.models import Event
from foundation.events.publishing import publish
from foundation.tenancy.models import Merchant
from foundation.webhooks.fan_out import WEBHOOKS
from foundation.webhooks.models import WebhookDelivery
from foundation.webhooks.operations.create_webhook_endpoint import CreatedEndpoint, create_webhook_endpoint
from tests.foundation.webhooks.receiver import Receiver


@pytest.fixture(autouse=True)
def _private_networks(settings: Any) -> None:
    settings.WEBHOOK_ALLOW_PRIVATE_NETWORKS = True


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver().running() as running:
        yield running


@pytest.fixture
def created(merchant: Merchant, receiver: Receiver) -> CreatedEndpoint:
    return create_webhook_endpoint(merchant_id=merchant.id, url=receiver.url, enabled_events=["*"])


@pytest.fixture
def announce(merchant: Merchant) -> Callable[..., list[WebhookDelivery]]:
    """Publish an event, have the fan-out take it, and return its deliveries."""

    def announced(event_type: str = "charge.refunded", **changes: Any) -> list[WebhookDelivery]:
        object_id = changes.pop("object_id", None) or ids.new_id()
        data = {"id": ids.encode_id("ch", object_id), "object": "charge", "note": "café"}
        arguments = {
            "merchant_id": merchant.id,
            "object_type": "charge",
            "object_id": object_id,
            "data": data,
        }
        with transaction.atomic():
            publish(type=event_type, **{**arguments, **changes})
            event = Event.across_merchants.latest("position")
            # What the dispatcher does with a committed event; these tests' own never commit.
            WEBHOOKS.take([event.id])
        return list(event.deliveries.select_related("event", "endpoint"))

    return announced
