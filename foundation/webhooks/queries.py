"""The read side of outgoing webhooks, for the API, the admin and deliveries themselves."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Count, QuerySet

from foundation.errors import ResourceMissing
from foundation.webhooks.models import DeliveryAttempt, WebhookDelivery, WebhookEndpoint


def list_endpoints(merchant_id: UUID) -> QuerySet[WebhookEndpoint]:
    """A merchant's endpoints that are not deleted, newest first."""
    return WebhookEndpoint.objects.for_merchant(merchant_id).filter(deleted_at__isnull=True)


def get_endpoint(*, merchant_id: UUID, endpoint_id: UUID) -> WebhookEndpoint:
    """One endpoint. Raises ResourceMissing, for another merchant's and deleted ones too."""
    endpoint = list_endpoints(merchant_id).filter(id=endpoint_id).first()
    if endpoint is None:
        raise ResourceMissing("No such webhook endpoint.", param="id")
    return endpoint


def list_deliveries(merchant_id: UUID) -> QuerySet[WebhookDelivery]:
    """A merchant's deliveries, newest first."""
    return WebhookDelivery.objects.for_merchant(merchant_id)


def get_delivery(*, merchant_id: UUID, delivery_id: UUID) -> WebhookDelivery:
    """One delivery. Raises ResourceMissing, for another merchant's too."""
    delivery = list_deliveries(merchant_id).filter(id=delivery_id).first()
    if delivery is None:
        raise ResourceMissing("No such webhook delivery.", param="id")
    return delivery


def list_attempts(*, merchant_id: UUID, delivery_id: UUID) -> QuerySet[DeliveryAttempt]:
    """Every try of a delivery, newest first."""
    return DeliveryAttempt.objects.for_merchant(merchant_id).filter(delivery_id=delivery_id)


def count_pending_webhooks(*, merchant_id: UUID, event_ids: Sequence[UUID]) -> dict[UUID, int]:
    """Per event, how many deliveries are still on their way; events without any are left out. One query."""
    pending = list_deliveries(merchant_id).filter(
        event_id__in=event_ids, status=WebhookDelivery.Status.PENDING
    )
    counted = pending.order_by().values("event_id").annotate(pending=Count("id"))
    return {row["event_id"]: row["pending"] for row in counted}


def has_older_delivery(delivery: WebhookDelivery, *, created_since: datetime) -> bool:
    """Whether an earlier event of the same object is still on its way to the same endpoint, and young."""
    return (
        list_deliveries(delivery.merchant_id)
        .filter(
            endpoint_id=delivery.endpoint_id,
            object_id=delivery.object_id,
            event_position__lt=delivery.event_position,
            status=WebhookDelivery.Status.PENDING,
            created_at__gte=created_since,
        )
        .exists()
    )
