"""/v1/events: what happened, as Stripe lists it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse
from django.urls import path
from rest_framework.request import Request

from foundation.events.models import Event
from foundation.events.publishing import INNER_PREFIX
from foundation.events.queries import get_event, list_public_events
from foundation.events.shapes import event_shape
from foundation.http.errors import ParametersExclusive
from foundation.http.openapi import LIST, endpoint
from foundation.http.serializers import (
    ArrayField,
    BooleanField,
    CreatedFilterField,
    ListInput,
    StringField,
    id_from_url,
    no_such,
)
from foundation.http.views import ApiView
from foundation.webhooks.models import WebhookDelivery
from foundation.webhooks.queries import count_pending_webhooks, list_deliveries

KIND = "event"


class EventListInput(ListInput):
    """`type` may end in `*` for a group of events."""

    type = StringField(required=False, max_length=100)
    types = ArrayField(child=StringField(max_length=100), required=False, min_length=1, max_length=20)
    created = CreatedFilterField(required=False)
    delivery_success = BooleanField(required=False)

    def refuse(self, validated: dict[str, Any]) -> None:
        super().refuse(validated)
        if "type" in validated and "types" in validated:
            raise ParametersExclusive("Give type or types, not both.", param="types")


class EventsView(ApiView):
    scope = "events"

    @endpoint("List all events", input=EventListInput, returns=KIND, page=LIST)
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        events = _matching(list_public_events(self.merchant_id), params)
        if "delivery_success" in params:
            is_open = Exists(_unsuccessful(self.merchant_id))
            events = events.filter(~is_open if params["delivery_success"] else is_open)
        return self.respond_list(
            events,
            params,
            prefix=Event.public_prefix,
            kind=KIND,
            to_shapes=self._shapes,
            cursor_queryset=list_public_events(self.merchant_id),
        )

    def _shapes(self, events: Sequence[Event]) -> list[dict[str, Any]]:
        pending = count_pending_webhooks(
            merchant_id=self.merchant_id, event_ids=[event.id for event in events]
        )
        return [
            event_shape(event, livemode=self.livemode, pending_webhooks=pending.get(event.id, 0))
            for event in events
        ]


class EventView(ApiView):
    scope = "events"

    @endpoint("Retrieve an event", returns=KIND)
    def get(self, request: Request, event_id: str) -> HttpResponse:
        self.input()
        row_id = id_from_url(Event.public_prefix, event_id, kind=KIND)
        event = get_event(merchant_id=self.merchant_id, event_id=row_id)
        if event.type.startswith(INNER_PREFIX):
            raise no_such(KIND, event_id, param="id")
        pending = count_pending_webhooks(merchant_id=self.merchant_id, event_ids=[event.id])
        return self.respond(
            event_shape(event, livemode=self.livemode, pending_webhooks=pending.get(event.id, 0))
        )


def _matching(events: QuerySet[Event], params: dict[str, Any]) -> QuerySet[Event]:
    wanted = params.get("types", [params["type"]] if "type" in params else [])
    by_type = Q()
    for event_type in wanted:
        prefix = event_type.removesuffix("*")
        by_type |= Q(type__startswith=prefix) if prefix != event_type else Q(type=event_type)
    created = {f"created_at__{lookup}": at for lookup, at in params.get("created", {}).items()}
    return events.filter(by_type, **created)


def _unsuccessful(merchant_id: UUID) -> QuerySet[WebhookDelivery]:
    """To be asked with EXISTS of each event: deliveries that failed or are still on their way."""
    unsuccessful = list_deliveries(merchant_id).exclude(status=WebhookDelivery.Status.SUCCEEDED)
    return unsuccessful.filter(event_id=OuterRef("id")).order_by()


urlpatterns = [
    path("events", EventsView.as_view()),
    path("events/<str:event_id>", EventView.as_view()),
]
