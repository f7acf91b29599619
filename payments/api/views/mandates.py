"""/v1/mandates."""

from __future__ import annotations

from django.http import HttpResponse
from rest_framework.request import Request

from foundation.http.openapi import endpoint
from foundation.http.serializers import id_from_url
from foundation.http.views import ApiView
from payments.queries.setup_intents import get_mandate
from payments.shapes.mandates import mandate_shape


class MandateView(ApiView):
    scope = "payments"
    parameter_names = {"mandate": "id"}

    @endpoint("Retrieve a mandate", returns="mandate")
    def get(self, request: Request, id: str) -> HttpResponse:
        self.input()
        mandate = get_mandate(
            merchant_id=self.merchant_id, mandate_id=id_from_url("mandate", id, kind="mandate")
        )
        return self.respond(mandate_shape(mandate, livemode=self.livemode))
