"""Stripe's event object: what the API lists and what webhooks carry."""

from __future__ import annotations

from typing import Any

from foundation.clock import to_timestamp
from foundation.events.models import Event


def event_shape(event: Event, *, livemode: bool, pending_webhooks: int) -> dict[str, Any]:
    """The event as the API's newest version shows it. pending_webhooks: deliveries still on their way."""
    about: dict[str, Any] = {"object": event.data}
    if event.previous_attributes is not None:
        about["previous_attributes"] = event.previous_attributes
    return {
        "id": event.public_id,
        "object": "event",
        "api_version": event.api_version,
        "created": to_timestamp(event.created_at),
        "data": about,
        "livemode": livemode,
        "pending_webhooks": pending_webhooks,
        "request": {"id": event.request_id or None, "idempotency_key": event.idempotency_key or None},
        "type": event.type,
    }
