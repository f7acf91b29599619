"""Every row lock of outgoing webhooks. Order: merchant, delivery, endpoint."""

from __future__ import annotations

from uuid import UUID

from foundation.errors import ResourceMissing
from foundation.tenancy.models import Merchant
from foundation.transactions import joins_transaction
from foundation.webhooks.models import WebhookDelivery, WebhookEndpoint


@joins_transaction
def lock_merchants_endpoints(*, merchant_id: UUID) -> Merchant:
    """Hold a merchant's set of endpoints still, so that two creations cannot both be the sixteenth."""
    # no_key: rows that merely point at the merchant are inserted meanwhile.
    return Merchant.objects.select_for_update(of=("self",), no_key=True).get(id=merchant_id)


@joins_transaction
def lock_endpoint(*, merchant_id: UUID, endpoint_id: UUID) -> WebhookEndpoint:
    """A fresh, locked endpoint. Raises ResourceMissing, for deleted ones too."""
    rows = WebhookEndpoint.objects.for_merchant(merchant_id).filter(deleted_at__isnull=True)
    endpoint = rows.select_for_update(of=("self",)).filter(id=endpoint_id).first()
    if endpoint is None:
        raise ResourceMissing("No such webhook endpoint.", param="id")
    return endpoint


@joins_transaction
def lock_delivery(*, merchant_id: UUID, delivery_id: UUID) -> WebhookDelivery:
    """A fresh, locked delivery with its endpoint and event read beside it. Raises ResourceMissing."""
    rows = WebhookDelivery.objects.for_merchant(merchant_id).select_related("endpoint", "event", "merchant")
    delivery = rows.select_for_update(of=("self",)).filter(id=delivery_id).first()
    if delivery is None:
        raise ResourceMissing("No such webhook delivery.", param="id")
    return delivery
