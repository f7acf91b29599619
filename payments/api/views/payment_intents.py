"""/v1/payment_intents."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from foundation.errors import ParameterInvalid
from foundation.http.openapi import endpoint
from foundation.http.serializers import id_from_url, merge_metadata
from foundation.http.views import ApiView
from foundation.money import Money
from payments.api import inputs
from payments.api.common import (
    created_within,
    payment_method_id_of,
    refuse_if_declined,
    refuse_if_not_captured,
    refuse_if_not_incremented,
    refuse_unless_live,
    with_empty_words,
)
from payments.models import IntentStatus, PaymentIntent
from payments.operations.cancel_payment_intent import cancel_payment_intent
from payments.operations.capture_payment import capture_payment
from payments.operations.confirm_payment_intent import confirm_payment_intent, refuse_unless_confirmable
from payments.operations.create_payment_intent import create_payment_intent
from payments.operations.execute_attempt import execute_attempt
from payments.operations.increment_authorization import increment_authorization
from payments.operations.update_payment_intent import refuse_unless_open_to_change, update_payment_intent
from payments.queries.payment_intents import get_payment_intent, list_payment_intents
from payments.shapes import payment_intent_shape

RESPOND_ASYNC = "respond-async"


class PaymentIntentsView(ApiView):
    scope = "payments"

    @endpoint("Create a payment intent", input=inputs.PaymentIntentCreateInput, returns="payment_intent")
    def post(self, request: Request) -> HttpResponse:
        params = with_empty_words(self.input())
        confirm = params.pop("confirm", False)
        if not confirm:
            for name in ("off_session", "return_url"):
                if name in params:
                    raise ParameterInvalid(f"{name} goes with confirm=true.", param=name)
        amount = Money(params.pop("amount"), params.pop("currency"))
        # Without a time to confirm by hand there is only one way to confirm.
        params.pop("confirmation_method", None)
        customer_id = params.pop("customer", None)
        method_id = payment_method_id_of(
            self,
            params.pop("payment_method", None),
            refuse_first=partial(refuse_unless_live, self, customer_id),
        )
        created = create_payment_intent(
            merchant_id=self.merchant_id,
            payment_intent_id=self.reserved_id,
            amount=amount,
            customer_id=customer_id,
            payment_method_id=method_id,
            capture_method="manual" if params.pop("capture_method", "") == "manual" else "automatic",
            confirm=confirm,
            in_background=wants_background(request),
            off_session=params.pop("off_session", False),
            may_exist=self.is_resumed,
            **_details(params),
        )
        intent = created.intent
        if created.order is not None:
            intent = execute_attempt(
                merchant_id=self.merchant_id, attempt_id=created.order.attempt_id, order=created.order
            )
        elif confirm and self.is_resumed and intent.status == IntentStatus.REQUIRES_CONFIRMATION:
            # The earlier request met an unreachable PSP: nobody has charged this intent.
            intent = confirm_payment_intent(
                merchant_id=self.merchant_id,
                payment_intent_id=intent.id,
                attempt_id=self.reserved_id,
                is_repeat=True,
            )
        return answer(self, intent)

    @endpoint(
        "List payment intents", input=inputs.PaymentIntentListInput, returns="payment_intent", page="list"
    )
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        rows = created_within(list_payment_intents(merchant_id=self.merchant_id), params)
        if "customer" in params:
            rows = rows.filter(customer_id=params["customer"])
        return self.respond_list(
            rows,
            params,
            prefix="pi",
            kind="payment_intent",
            to_shape=lambda row: payment_intent_shape(row, livemode=self.livemode),
        )


class PaymentIntentView(ApiView):
    scope = "payments"
    parameter_names = {"payment_intent": "id"}

    @endpoint("Retrieve a payment intent", returns="payment_intent")
    def get(self, request: Request, id: str) -> HttpResponse:
        self.input()
        intent = get_payment_intent(merchant_id=self.merchant_id, payment_intent_id=_intent_id(id))
        return self.respond(payment_intent_shape(intent, livemode=self.livemode))

    @endpoint("Update a payment intent", input=inputs.PaymentIntentUpdateInput, returns="payment_intent")
    def post(self, request: Request, id: str) -> HttpResponse:
        params = with_empty_words(self.input())
        intent_id = _intent_id(id)
        intent = get_payment_intent(merchant_id=self.merchant_id, payment_intent_id=intent_id)
        if "metadata" in params:
            params["metadata"] = merge_metadata(intent.metadata, params["metadata"])
        amount = None
        if "amount" in params or "currency" in params:
            amount = Money(params.pop("amount", intent.amount_minor), params.pop("currency", intent.currency))
        intent = update_payment_intent(
            merchant_id=self.merchant_id,
            payment_intent_id=intent_id,
            amount=amount,
            customer_id=params.pop("customer", None),
            payment_method_id=payment_method_id_of(
                self,
                params.pop("payment_method", None),
                refuse_first=partial(refuse_unless_open_to_change, intent),
            ),
            details=params,
        )
        return self.respond(payment_intent_shape(intent, livemode=self.livemode))


class PaymentIntentConfirmView(ApiView):
    scope = "payments"
    parameter_names = {"payment_intent": "id"}

    @endpoint("Confirm a payment intent", input=inputs.PaymentIntentConfirmInput, returns="payment_intent")
    def post(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        intent_id = _intent_id(id)
        intent = confirm_payment_intent(
            merchant_id=self.merchant_id,
            payment_intent_id=intent_id,
            attempt_id=self.reserved_id,
            is_repeat=self.is_resumed,
            payment_method_id=payment_method_id_of(
                self, params.get("payment_method"), refuse_first=lambda: self._refuse(intent_id)
            ),
            return_url=params.get("return_url"),
            off_session=params.get("off_session"),
            in_background=wants_background(request),
        )
        return answer(self, intent)

    def _refuse(self, intent_id: UUID) -> None:
        refuse_unless_confirmable(
            get_payment_intent(merchant_id=self.merchant_id, payment_intent_id=intent_id)
        )


class PaymentIntentCaptureView(ApiView):
    scope = "payments"
    parameter_names = {"payment_intent": "id"}

    @endpoint("Capture a payment intent", input=inputs.PaymentIntentCaptureInput, returns="payment_intent")
    def post(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        intent = get_payment_intent(merchant_id=self.merchant_id, payment_intent_id=_intent_id(id))
        amount = params.get("amount_to_capture")
        capture = capture_payment(
            merchant_id=self.merchant_id,
            payment_intent_id=intent.id,
            capture_id=self.reserved_id,
            amount=None if amount is None else Money(amount, intent.currency),
            is_final=params["final_capture"],
        )
        refuse_if_not_captured(capture)
        intent = get_payment_intent(merchant_id=self.merchant_id, payment_intent_id=intent.id)
        return self.respond(payment_intent_shape(intent, livemode=self.livemode))


class PaymentIntentIncrementView(ApiView):
    scope = "payments"
    parameter_names = {"payment_intent": "id"}

    @endpoint(
        "Increment an authorization", input=inputs.PaymentIntentIncrementInput, returns="payment_intent"
    )
    def post(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        intent = get_payment_intent(merchant_id=self.merchant_id, payment_intent_id=_intent_id(id))
        increment = increment_authorization(
            merchant_id=self.merchant_id,
            payment_intent_id=intent.id,
            increment_id=self.reserved_id,
            amount=Money(params["amount"], intent.currency),
        )
        intent = get_payment_intent(merchant_id=self.merchant_id, payment_intent_id=intent.id)
        refuse_if_not_incremented(increment, intent, livemode=self.livemode)
        return self.respond(payment_intent_shape(intent, livemode=self.livemode))


class PaymentIntentCancelView(ApiView):
    scope = "payments"
    parameter_names = {"payment_intent": "id"}

    @endpoint("Cancel a payment intent", input=inputs.PaymentIntentCancelInput, returns="payment_intent")
    def post(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        intent_id = _intent_id(id)
        intent = get_payment_intent(merchant_id=self.merchant_id, payment_intent_id=intent_id)
        # A repeat of a request that died after its effect finds it done.
        if not (self.is_resumed and intent.status == IntentStatus.CANCELED):
            intent = cancel_payment_intent(
                merchant_id=self.merchant_id,
                payment_intent_id=intent_id,
                reason=params.get("cancellation_reason", ""),
            )
        return self.respond(payment_intent_shape(intent, livemode=self.livemode))


def wants_background(request: Request) -> bool:
    """Prefer: respond-async (RFC 7240): a worker calls the PSP, the answer is the intent as `processing`."""
    return RESPOND_ASYNC in request.headers.get("Prefer", "")


def answer(view: ApiView, intent: PaymentIntent) -> HttpResponse:
    """The intent in the state reached; a decline is a refusal with the intent inside."""
    refuse_if_declined(intent, livemode=view.livemode)
    return view.respond(payment_intent_shape(intent, livemode=view.livemode))


def _details(params: dict[str, Any]) -> dict[str, Any]:
    details = dict(params)
    details["metadata"] = merge_metadata({}, details.get("metadata") or {})
    types = details.get("payment_method_types")
    automatic = details.get("automatic_payment_methods")
    if types and automatic:
        raise ParameterInvalid(
            "Give payment_method_types or automatic_payment_methods, not both.", param="payment_method_types"
        )
    details["payment_method_types"] = types or ["card"]
    if automatic is None and not types:
        details["automatic_payment_methods"] = {"allow_redirects": "always", "enabled": True}
    return details


def _intent_id(text: str) -> UUID:
    return id_from_url("pi", text, kind="payment_intent")
