"""/v1/charges: read only; a charge is made by confirming a payment intent."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from foundation.http.openapi import endpoint
from foundation.http.serializers import id_from_url
from foundation.http.views import ApiView
from payments.api import inputs
from payments.api.common import created_within
from payments.models import PaymentAttempt
from payments.queries.payment_intents import get_charge, list_charges
from payments.shapes import charge_shape


def charge_of(attempt: PaymentAttempt, *, livemode: bool) -> dict[str, Any]:
    """The shape of a charge that was read with its intent and method."""
    return charge_shape(attempt, attempt.payment_intent, livemode=livemode)


class ChargesView(ApiView):
    scope = "payments"

    @endpoint("List charges", input=inputs.ChargeListInput, returns="charge", page="list")
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        rows = created_within(list_charges(merchant_id=self.merchant_id), params)
        if "customer" in params:
            rows = rows.filter(payment_intent__customer_id=params["customer"])
        if "payment_intent" in params:
            rows = rows.filter(payment_intent_id=params["payment_intent"])
        return self.respond_list(
            rows,
            params,
            prefix="ch",
            kind="charge",
            to_shape=lambda row: charge_of(row, livemode=self.livemode),
        )


class ChargeView(ApiView):
    scope = "payments"
    parameter_names = {"charge": "id"}

    @endpoint("Retrieve a charge", returns="charge")
    def get(self, request: Request, id: str) -> HttpResponse:
        self.input()
        attempt = get_charge(merchant_id=self.merchant_id, charge_id=id_from_url("ch", id, kind="charge"))
        return self.respond(charge_of(attempt, livemode=self.livemode))
