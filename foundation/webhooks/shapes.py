"""Stripe's webhook_endpoint object, and our own webhook_delivery."""

from __future__ import annotations

from typing import Any

from foundation.clock import to_timestamp
from foundation.events.models import Event
from foundation.ids import encode_id
from foundation.webhooks.models import WebhookDelivery, WebhookEndpoint


def endpoint_shape(endpoint: WebhookEndpoint, *, livemode: bool, secret: str | None = None) -> dict[str, Any]:
    """The endpoint as the API shows it. secret: only in the answer that made it."""
    shape: dict[str, Any] = {
        "id": endpoint.public_id,
        "object": "webhook_endpoint",
        "api_version": endpoint.api_version,
        "application": None,
        "created": to_timestamp(endpoint.created_at),
        "description": endpoint.description or None,
        "enabled_events": endpoint.enabled_events,
        "livemode": livemode,
        "metadata": endpoint.metadata,
        "status": endpoint.status,
        "url": endpoint.url,
    }
    if secret is not None:
        shape["secret"] = secret
    return shape


def delivery_shape(delivery: WebhookDelivery, *, livemode: bool) -> dict[str, Any]:
    """One event's way to one endpoint; Stripe has no such object."""
    return {
        "id": delivery.public_id,
        "object": "webhook_delivery",
        "attempts": delivery.attempts,
        "created": to_timestamp(delivery.created_at),
        "event": encode_id(Event.public_prefix, delivery.event_id),
        "last_status_code": delivery.last_status_code,
        "livemode": livemode,
        "next_attempt_at": to_timestamp(delivery.next_attempt_at) if delivery.next_attempt_at else None,
        "status": delivery.status,
        "webhook_endpoint": encode_id(WebhookEndpoint.public_prefix, delivery.endpoint_id),
    }
