"""Delete a webhook endpoint: hide it, and send it nothing more."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.transactions import owns_transaction
from foundation.webhooks.locks import lock_endpoint
from foundation.webhooks.models import WebhookEndpoint

DELETED = "Deleted by the merchant."


@owns_transaction
def delete_webhook_endpoint(*, merchant_id: UUID, endpoint_id: UUID) -> WebhookEndpoint:
    """Hide an endpoint for good; deliveries on their way to it end as failed, their log stays.

    Raises ResourceMissing, for an endpoint that is deleted already too.
    Writes the endpoint.
    Safe to repeat: the second time there is none.
    """
    endpoint = lock_endpoint(merchant_id=merchant_id, endpoint_id=endpoint_id)
    if endpoint.status == WebhookEndpoint.Status.ENABLED:
        endpoint.disable(reason=DELETED)
    endpoint.deleted_at = clock.now()
    endpoint.save()
    return endpoint
