"""/v1/billing/meters and /v1/billing/meter_events."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from foundation import clock, ids
from foundation.errors import ParameterMissing
from foundation.http.errors import ParameterNotDecimal
from foundation.http.openapi import endpoint
from foundation.http.serializers import id_from_url, no_such
from foundation.http.views import ApiView
from subscriptions.api import inputs_catalogue as inputs
from subscriptions.operations.create_meter import create_meter
from subscriptions.operations.create_meter_event import create_meter_event
from subscriptions.operations.update_meter import update_meter
from subscriptions.queries.catalogue import find_active_meter, get_meter, list_meters
from subscriptions.shapes import meter_event_shape, meter_shape

LARGEST = Decimal(10) ** 15


class MetersView(ApiView):
    scope = "billing"

    @endpoint("Create a meter", input=inputs.MeterCreateInput, returns="billing.meter")
    def post(self, request: Request) -> HttpResponse:
        params = self.input()
        keys = {
            "customer_key": params.get("customer_mapping", {}).get("event_payload_key"),
            "value_key": params.get("value_settings", {}).get("event_payload_key"),
        }
        meter = create_meter(
            merchant_id=self.merchant_id,
            meter_id=self.reserved_id,
            display_name=params["display_name"],
            event_name=params["event_name"],
            aggregation=params["default_aggregation"]["formula"],
            may_exist=self.is_resumed,
            **{name: key for name, key in keys.items() if key is not None},
        )
        return self.respond(meter_shape(meter, livemode=self.livemode))

    @endpoint("List meters", input=inputs.MeterListInput, returns="billing.meter", page="list")
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        rows = list_meters(merchant_id=self.merchant_id)
        if "status" in params:
            rows = rows.filter(deactivated_at__isnull=params["status"] == "active")
        return self.respond_list(
            rows,
            params,
            prefix="mtr",
            kind="meter",
            to_shape=lambda row: meter_shape(row, livemode=self.livemode),
        )


class MeterView(ApiView):
    scope = "billing"
    parameter_names = {"meter": "id"}

    @endpoint("Retrieve a meter", returns="billing.meter")
    def get(self, request: Request, id: str) -> HttpResponse:
        self.input()
        meter = get_meter(merchant_id=self.merchant_id, meter_id=_meter_id(id))
        return self.respond(meter_shape(meter, livemode=self.livemode))

    @endpoint("Update a meter", input=inputs.MeterUpdateInput, returns="billing.meter")
    def post(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        meter = update_meter(merchant_id=self.merchant_id, meter_id=_meter_id(id), **params)
        return self.respond(meter_shape(meter, livemode=self.livemode))


class MeterDeactivateView(ApiView):
    scope = "billing"
    parameter_names = {"meter": "id"}
    is_active = False

    @endpoint("Stop a meter's counting", returns="billing.meter")
    def post(self, request: Request, id: str) -> HttpResponse:
        self.input()
        meter = update_meter(merchant_id=self.merchant_id, meter_id=_meter_id(id), is_active=self.is_active)
        return self.respond(meter_shape(meter, livemode=self.livemode))


class MeterReactivateView(MeterDeactivateView):
    is_active = True

    @endpoint("Start a meter's counting again", returns="billing.meter")
    def post(self, request: Request, id: str) -> HttpResponse:
        return super().post(request, id)


class MeterEventsView(ApiView):
    scope = "billing"
    parameter_names = {"customer": "payload[stripe_customer_id]"}

    @endpoint("Count an event", input=inputs.MeterEventInput, returns="billing.meter_event")
    def post(self, request: Request) -> HttpResponse:
        params = self.input()
        meter = find_active_meter(merchant_id=self.merchant_id, event_name=params["event_name"])
        if meter is None:
            raise no_such("active meter", params["event_name"], param="event_name")
        payload = params["payload"]
        customer = payload.get(meter.customer_key)
        if customer is None:
            raise ParameterMissing("Missing the customer.", param=f"payload[{meter.customer_key}]")
        try:
            customer_id = ids.decode_id("cus", customer)
        except ids.PublicIdInvalid:
            raise no_such("customer", customer, param=f"payload[{meter.customer_key}]") from None
        event = create_meter_event(
            merchant_id=self.merchant_id,
            event_name=meter.event_name,
            customer_id=customer_id,
            identifier=params.get("identifier") or str(self.reserved_id),
            value=_value(payload.get(meter.value_key, "1"), f"payload[{meter.value_key}]"),
            happened_at=params.get("timestamp") or clock.now(),
            payload=payload,
        )
        return self.respond(meter_event_shape(event, livemode=self.livemode))


def _value(text: str, param: str) -> Decimal:
    try:
        value = Decimal(text)
    except InvalidOperation:
        raise ParameterNotDecimal(f"Invalid decimal: {text[:40]}", param=param) from None
    if not value.is_finite() or abs(value) > LARGEST:
        raise ParameterNotDecimal(f"Invalid decimal: {text[:40]}", param=param)
    return value


def _meter_id(text: str) -> UUID:
    return id_from_url("mtr", text, kind="meter")
