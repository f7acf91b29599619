"""/v1/webhook_endpoints, as Stripe's; and our own /v1/webhook_deliveries, to see and repeat what was sent."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.urls import path
from rest_framework.request import Request

from foundation.http.openapi import LIST, endpoint
from foundation.http.serializers import (
    ArrayField,
    BooleanField,
    EnumField,
    InputSerializer,
    IntegerField,
    ListInput,
    MetadataField,
    PublicIdField,
    StringField,
    id_from_url,
    merge_metadata,
)
from foundation.http.views import ApiView
from foundation.webhooks.models import WebhookDelivery, WebhookEndpoint
from foundation.webhooks.operations.create_webhook_endpoint import create_webhook_endpoint
from foundation.webhooks.operations.delete_webhook_endpoint import delete_webhook_endpoint
from foundation.webhooks.operations.redeliver_webhook import redeliver_webhook
from foundation.webhooks.operations.roll_webhook_secret import (
    DEFAULT_OVERLAP_SECONDS,
    LONGEST_OVERLAP_SECONDS,
    roll_webhook_secret,
)
from foundation.webhooks.operations.update_webhook_endpoint import update_webhook_endpoint
from foundation.webhooks.queries import get_delivery, get_endpoint, list_deliveries, list_endpoints
from foundation.webhooks.shapes import delivery_shape, endpoint_shape

ENDPOINT = "webhook_endpoint"
DELIVERY = "webhook_delivery"
DELETED_ENDPOINT = {
    "type": "object",
    "required": ["id", "object", "deleted"],
    "properties": {"id": {"type": "string"}, "object": {"const": ENDPOINT}, "deleted": {"const": True}},
}


class EndpointCreateInput(InputSerializer):
    url = StringField()
    enabled_events = ArrayField(child=StringField(max_length=100), max_length=250)
    api_version = StringField(required=False, max_length=32)
    description = StringField(required=False, allow_null=True)
    metadata = MetadataField()


class EndpointUpdateInput(InputSerializer):
    url = StringField(required=False)
    enabled_events = ArrayField(child=StringField(max_length=100), max_length=250, required=False)
    description = StringField(required=False, allow_null=True)
    metadata = MetadataField()
    disabled = BooleanField(required=False)


class RollSecretInput(InputSerializer):
    overlap_seconds = IntegerField(
        min_value=0, max_value=LONGEST_OVERLAP_SECONDS, required=False, default=DEFAULT_OVERLAP_SECONDS
    )


class DeliveryListInput(ListInput):
    webhook_endpoint = PublicIdField("we", kind=ENDPOINT, required=False)
    event = PublicIdField("evt", kind="event", required=False)
    status = EnumField(choices=WebhookDelivery.Status.values, required=False)


class WebhookEndpointsView(ApiView):
    scope = "webhooks"

    @endpoint("Create a webhook endpoint", input=EndpointCreateInput, returns=ENDPOINT)
    def post(self, request: Request) -> HttpResponse:
        params = self.input()
        created = create_webhook_endpoint(
            merchant_id=self.merchant_id,
            url=params["url"],
            enabled_events=params["enabled_events"],
            description=params.get("description") or "",
            metadata=merge_metadata({}, params.get("metadata")),
            api_version=params.get("api_version", ""),
            endpoint_id=self.reserved_id,
        )
        return self.respond(endpoint_shape(created.endpoint, livemode=self.livemode, secret=created.secret))

    @endpoint("List all webhook endpoints", input=ListInput, returns=ENDPOINT, page=LIST)
    def get(self, request: Request) -> HttpResponse:
        livemode = self.livemode
        return self.respond_list(
            list_endpoints(self.merchant_id),
            self.input(),
            prefix=WebhookEndpoint.public_prefix,
            kind=ENDPOINT,
            to_shape=lambda row: endpoint_shape(row, livemode=livemode),
        )


class WebhookEndpointView(ApiView):
    scope = "webhooks"

    @endpoint("Retrieve a webhook endpoint", returns=ENDPOINT)
    def get(self, request: Request, endpoint_id: str) -> HttpResponse:
        self.input()
        found = self._endpoint(endpoint_id)
        return self.respond(endpoint_shape(found, livemode=self.livemode))

    @endpoint("Update a webhook endpoint", input=EndpointUpdateInput, returns=ENDPOINT)
    def post(self, request: Request, endpoint_id: str) -> HttpResponse:
        params = self.input()
        found = self._endpoint(endpoint_id)
        changed = update_webhook_endpoint(
            merchant_id=self.merchant_id,
            endpoint_id=found.id,
            url=params.get("url"),
            enabled_events=params.get("enabled_events"),
            description=_emptied(params, "description"),
            metadata=merge_metadata(found.metadata, params["metadata"]) if "metadata" in params else None,
            is_disabled=params.get("disabled"),
        )
        return self.respond(endpoint_shape(changed, livemode=self.livemode))

    @endpoint("Delete a webhook endpoint", returns=DELETED_ENDPOINT)
    def delete(self, request: Request, endpoint_id: str) -> HttpResponse:
        self.input()
        row_id = id_from_url(WebhookEndpoint.public_prefix, endpoint_id, kind=ENDPOINT)
        delete_webhook_endpoint(merchant_id=self.merchant_id, endpoint_id=row_id)
        return self.respond({"id": endpoint_id, "object": ENDPOINT, "deleted": True})

    def _endpoint(self, endpoint_id: str) -> WebhookEndpoint:
        row_id = id_from_url(WebhookEndpoint.public_prefix, endpoint_id, kind=ENDPOINT)
        return get_endpoint(merchant_id=self.merchant_id, endpoint_id=row_id)


class WebhookEndpointSecretView(ApiView):
    scope = "webhooks"

    @endpoint("Roll the signing secret of a webhook endpoint", input=RollSecretInput, returns=ENDPOINT)
    def post(self, request: Request, endpoint_id: str) -> HttpResponse:
        params = self.input()
        rolled = roll_webhook_secret(
            merchant_id=self.merchant_id,
            endpoint_id=id_from_url(WebhookEndpoint.public_prefix, endpoint_id, kind=ENDPOINT),
            overlap_seconds=params["overlap_seconds"],
        )
        return self.respond(endpoint_shape(rolled.endpoint, livemode=self.livemode, secret=rolled.secret))


class WebhookDeliveriesView(ApiView):
    scope = "webhooks"

    @endpoint(
        "List deliveries of events to webhook endpoints", input=DeliveryListInput, returns=DELIVERY, page=LIST
    )
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        every = list_deliveries(self.merchant_id)
        columns = {"webhook_endpoint": "endpoint_id", "event": "event_id", "status": "status"}
        wanted = {column: params[name] for name, column in columns.items() if name in params}
        livemode = self.livemode
        return self.respond_list(
            every.filter(**wanted),
            params,
            prefix=WebhookDelivery.public_prefix,
            kind=DELIVERY,
            to_shape=lambda row: delivery_shape(row, livemode=livemode),
            cursor_queryset=every,
        )


class WebhookDeliveryView(ApiView):
    scope = "webhooks"

    @endpoint("Retrieve a delivery", returns=DELIVERY)
    def get(self, request: Request, delivery_id: str) -> HttpResponse:
        self.input()
        row_id = id_from_url(WebhookDelivery.public_prefix, delivery_id, kind=DELIVERY)
        delivery = get_delivery(merchant_id=self.merchant_id, delivery_id=row_id)
        return self.respond(delivery_shape(delivery, livemode=self.livemode))


class RedeliverView(ApiView):
    scope = "webhooks"

    @endpoint("Send a delivery again", returns=DELIVERY)
    def post(self, request: Request, delivery_id: str) -> HttpResponse:
        self.input()
        row_id = id_from_url(WebhookDelivery.public_prefix, delivery_id, kind=DELIVERY)
        delivery = redeliver_webhook(merchant_id=self.merchant_id, delivery_id=row_id)
        return self.respond(delivery_shape(delivery, livemode=self.livemode))


def _emptied(params: dict[str, Any], name: str) -> str | None:
    """None when absent, "" when unset."""
    return (params[name] or "") if name in params else None


urlpatterns = [
    path("webhook_endpoints", WebhookEndpointsView.as_view()),
    path("webhook_endpoints/<str:endpoint_id>", WebhookEndpointView.as_view()),
    path("webhook_endpoints/<str:endpoint_id>/roll_secret", WebhookEndpointSecretView.as_view()),
    path("webhook_deliveries", WebhookDeliveriesView.as_view()),
    path("webhook_deliveries/<str:delivery_id>", WebhookDeliveryView.as_view()),
    path("webhook_deliveries/<str:delivery_id>/redeliver", RedeliverView.as_view()),
]
