"""Change a webhook endpoint; also switch it off and on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from foundation.transactions import outside_transaction, owns_transaction
from foundation.webhooks.checks import refuse_unless_deliverable, refuse_unless_event_types
from foundation.webhooks.locks import lock_endpoint
from foundation.webhooks.models import WebhookEndpoint

DISABLED_BY_MERCHANT = "Disabled by the merchant."


@outside_transaction
def update_webhook_endpoint(
    *,
    merchant_id: UUID,
    endpoint_id: UUID,
    url: str | None = None,
    enabled_events: Sequence[str] | None = None,
    description: str | None = None,
    metadata: Mapping[str, str] | None = None,
    is_disabled: bool | None = None,
) -> WebhookEndpoint:
    """Change what is given and leave what is None. metadata: the whole, already merged.

    Raises ResourceMissing, WebhookUrlInvalid, WebhookUrlNotPublic, EnabledEventsInvalid.
    Writes the endpoint.
    Safe to repeat: it sets values; what is disabled stays disabled.
    """
    if enabled_events is not None:
        refuse_unless_event_types(enabled_events)
        enabled_events = list(dict.fromkeys(enabled_events))
    if url is not None:
        refuse_unless_deliverable(url)
    given = {"url": url, "enabled_events": enabled_events, "description": description, "metadata": metadata}
    changes = {name: value for name, value in given.items() if value is not None}
    return _change(merchant_id=merchant_id, endpoint_id=endpoint_id, changes=changes, is_disabled=is_disabled)


@owns_transaction
def _change(
    *, merchant_id: UUID, endpoint_id: UUID, changes: Mapping[str, object], is_disabled: bool | None
) -> WebhookEndpoint:
    endpoint = lock_endpoint(merchant_id=merchant_id, endpoint_id=endpoint_id)
    for name, value in changes.items():
        setattr(endpoint, name, value)
    is_enabled = endpoint.status == WebhookEndpoint.Status.ENABLED
    if is_disabled is True and is_enabled:
        endpoint.disable(reason=DISABLED_BY_MERCHANT)
    if is_disabled is False and not is_enabled:
        endpoint.enable()
    endpoint.save()
    return endpoint
