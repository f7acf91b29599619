"""Events and handlers of the tests' own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from foundation import ids
from foundation.events.models import Event
from foundation.events.publishing import publish
from foundation.events.subscriptions import EventHandler, subscribe, unsubscribe
from foundation.tenancy.models import Merchant


@pytest.fixture
def publish_one(merchant: Merchant) -> Callable[..., Event]:
    """Publish in a transaction of its own and return the row."""

    def published(event_type: str = "payment_intent.succeeded", **changes: Any) -> Event:
        object_id: UUID = changes.pop("object_id", None) or ids.new_id()
        arguments = {
            "merchant_id": merchant.id,
            "type": event_type,
            "object_type": "payment_intent",
            "object_id": object_id,
            "data": {"id": ids.encode_id("pi", object_id), "object": "payment_intent", "amount": 1000},
        }
        with transaction.atomic():
            publish(**{**arguments, **changes})
        return Event.across_merchants.latest("position")

    return published


@pytest.fixture
def listen() -> Iterator[Callable[..., None]]:
    """Subscribe a handler until the test ends."""
    names: list[str] = []

    def subscribed(event_type: str, handler_name: str, handler: EventHandler) -> None:
        names.append(handler_name)
        subscribe(event_type, handler_name, handler)

    yield subscribed
    for name in names:
        unsubscribe(name)
