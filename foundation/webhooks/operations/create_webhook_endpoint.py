"""Create a webhook endpoint."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple
from uuid import UUID

from django.conf import settings

from foundation import ids
from foundation.transactions import outside_transaction, owns_transaction
from foundation.webhooks.checks import (
    refuse_unless_deliverable,
    refuse_unless_event_types,
    refuse_unless_served,
)
from foundation.webhooks.errors import TooManyWebhookEndpoints
from foundation.webhooks.locks import lock_merchants_endpoints
from foundation.webhooks.models import WebhookEndpoint
from foundation.webhooks.queries import list_endpoints
from foundation.webhooks.secrets import new_secret, open_secret, seal_secret

MAX_ENDPOINTS = 16


class CreatedEndpoint(NamedTuple):
    """secret: shown in this answer and never again."""

    endpoint: WebhookEndpoint
    secret: str


@outside_transaction
def create_webhook_endpoint(
    *,
    merchant_id: UUID,
    url: str,
    enabled_events: Sequence[str],
    description: str = "",
    metadata: Mapping[str, str] | None = None,
    api_version: str = "",
    endpoint_id: UUID | None = None,
) -> CreatedEndpoint:
    """Have events sent to a URL from now on.

    enabled_events: event types, or ["*"]. api_version: of its events; empty: the newest.
    endpoint_id: reserved by the request's idempotency key.
    Raises WebhookUrlInvalid, WebhookUrlNotPublic, EnabledEventsInvalid, WebhookVersionUnknown,
    TooManyWebhookEndpoints.
    Writes the endpoint.
    Safe to repeat: with the same endpoint_id it returns the endpoint that is there, its secret included.
    """
    refuse_unless_event_types(enabled_events)
    refuse_unless_served(api_version or settings.API_VERSION)
    refuse_unless_deliverable(url)
    endpoint = WebhookEndpoint(
        id=endpoint_id or ids.new_id(),
        merchant_id=merchant_id,
        url=url,
        enabled_events=list(dict.fromkeys(enabled_events)),
        description=description,
        metadata=dict(metadata or {}),
        api_version=api_version or settings.API_VERSION,
    )
    return _insert(merchant_id=merchant_id, endpoint=endpoint)


@owns_transaction
def _insert(*, merchant_id: UUID, endpoint: WebhookEndpoint) -> CreatedEndpoint:
    lock_merchants_endpoints(merchant_id=merchant_id)
    existing = list_endpoints(merchant_id)
    made_before = existing.filter(id=endpoint.id).first()
    if made_before is not None:
        return CreatedEndpoint(made_before, open_secret(made_before))
    if existing.count() >= MAX_ENDPOINTS:
        raise TooManyWebhookEndpoints()
    secret = new_secret()
    endpoint.secret_encrypted = seal_secret(endpoint, secret)
    endpoint.save(force_insert=True)
    return CreatedEndpoint(endpoint, secret)
