"""/v1/refunds."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from foundation.errors import ParameterMissing
from foundation.http.errors import ParametersExclusive
from foundation.http.openapi import endpoint
from foundation.http.serializers import id_from_url, merge_metadata
from foundation.http.views import ApiView
from foundation.money import Money
from payments.api import inputs
from payments.api.common import created_within
from payments.api.views.payment_intents import wants_background
from payments.errors import ChargeNotRefundable, RefundCurrencyDiffers
from payments.models import PaymentIntent
from payments.operations.cancel_refund import cancel_refund
from payments.operations.refund_payment import refund_payment
from payments.operations.request_refund import request_refund
from payments.operations.update_refund import update_refund
from payments.queries.payment_intents import get_charge, get_payment_intent, get_refund, list_refunds
from payments.shapes import refund_shape


class RefundsView(ApiView):
    scope = "refunds"

    @endpoint("Refund a payment", input=inputs.RefundCreateInput, returns="refund")
    def post(self, request: Request) -> HttpResponse:
        params = self.input()
        intent = self._intent(params.get("payment_intent"), params.get("charge"))
        amount = params.get("amount")
        if params.get("currency", intent.currency) != intent.currency:
            raise RefundCurrencyDiffers(param="currency")
        run = request_refund if wants_background(request) else refund_payment
        refund = run(
            merchant_id=self.merchant_id,
            payment_intent_id=intent.id,
            refund_id=self.reserved_id,
            amount=None if amount is None else Money(amount, intent.currency),
            reason=params.get("reason", ""),
            metadata=merge_metadata({}, params.get("metadata") or {}),
        )
        return self.respond(refund_shape(refund))

    @endpoint("List refunds", input=inputs.RefundListInput, returns="refund", page="list")
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        rows = created_within(list_refunds(merchant_id=self.merchant_id), params)
        if "charge" in params:
            rows = rows.filter(attempt_id=params["charge"])
        if "payment_intent" in params:
            rows = rows.filter(payment_intent_id=params["payment_intent"])
        return self.respond_list(rows, params, prefix="re", kind="refund", to_shape=refund_shape)

    def _intent(self, payment_intent_id: UUID | None, charge_id: UUID | None) -> PaymentIntent:
        if payment_intent_id is None and charge_id is None:
            raise ParameterMissing("Give payment_intent or charge.", param="payment_intent")
        if payment_intent_id is not None and charge_id is not None:
            raise ParametersExclusive("Give payment_intent or charge, not both.", param="charge")
        if payment_intent_id is None:
            assert charge_id is not None
            self.parameter_names = {"payment_intent": "charge"}
            charge = get_charge(merchant_id=self.merchant_id, charge_id=charge_id)
            if charge.id != charge.payment_intent.latest_attempt_id:
                # An earlier try that was declined: what the payment took, another charge took.
                raise ChargeNotRefundable(param="charge")
            payment_intent_id = charge.payment_intent_id
        return get_payment_intent(merchant_id=self.merchant_id, payment_intent_id=payment_intent_id)


class RefundView(ApiView):
    scope = "refunds"
    parameter_names = {"refund": "id"}

    @endpoint("Retrieve a refund", returns="refund")
    def get(self, request: Request, id: str) -> HttpResponse:
        self.input()
        return self.respond(refund_shape(get_refund(merchant_id=self.merchant_id, refund_id=_refund_id(id))))

    @endpoint("Update a refund's metadata", input=inputs.RefundUpdateInput, returns="refund")
    def post(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        refund = get_refund(merchant_id=self.merchant_id, refund_id=_refund_id(id))
        if "metadata" in params:
            refund = update_refund(
                merchant_id=self.merchant_id,
                refund_id=refund.id,
                metadata=merge_metadata(refund.metadata, params["metadata"]),
            )
        return self.respond(refund_shape(refund))


class RefundCancelView(ApiView):
    scope = "refunds"
    parameter_names = {"refund": "id"}

    @endpoint("Cancel a refund that was not sent yet", returns="refund")
    def post(self, request: Request, id: str) -> HttpResponse:
        self.input()
        return self.respond(
            refund_shape(cancel_refund(merchant_id=self.merchant_id, refund_id=_refund_id(id)))
        )


def _refund_id(text: str) -> UUID:
    return id_from_url("re", text, kind="refund")
