"""/v1/setup_intents."""

from __future__ import annotations

from functools import partial
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from foundation.errors import ParameterInvalid
from foundation.http.openapi import endpoint
from foundation.http.serializers import id_from_url, merge_metadata
from foundation.http.views import ApiView
from payments.api import inputs
from payments.api.common import created_within, payment_method_id_of, refuse_unless_live, with_empty_words
from payments.errors import DECLINES, CardDeclined, PaymentMethodMissing
from payments.models import SetupIntent, SetupIntentStatus
from payments.operations.cancel_setup_intent import cancel_setup_intent
from payments.operations.confirm_setup_intent import confirm_setup_intent, refuse_unless_confirmable
from payments.operations.create_setup_intent import create_setup_intent
from payments.operations.update_setup_intent import refuse_unless_open_to_change, update_setup_intent
from payments.queries.setup_intents import get_setup_intent, list_setup_intents
from payments.shapes import setup_intent_shape


class SetupIntentsView(ApiView):
    scope = "payments"

    @endpoint("Create a setup intent", input=inputs.SetupIntentCreateInput, returns="setup_intent")
    def post(self, request: Request) -> HttpResponse:
        params = with_empty_words(self.input())
        confirm = params.pop("confirm", False)
        if "return_url" in params and not confirm:
            raise ParameterInvalid("return_url goes with confirm=true.", param="return_url")
        customer_id = params.pop("customer", None)
        method_id = payment_method_id_of(
            self,
            params.pop("payment_method", None),
            refuse_first=partial(refuse_unless_live, self, customer_id),
        )
        if confirm and method_id is None:
            raise PaymentMethodMissing(param="payment_method")
        types = params.pop("payment_method_types", None)
        automatic = params.pop("automatic_payment_methods", None)
        params["metadata"] = merge_metadata({}, params.get("metadata") or {})
        setup = create_setup_intent(
            merchant_id=self.merchant_id,
            setup_intent_id=self.reserved_id,
            customer_id=customer_id,
            payment_method_id=method_id,
            may_exist=self.is_resumed,
            payment_method_types=types or ["card"],
            automatic_payment_methods=automatic
            or (None if types else {"allow_redirects": "always", "enabled": True}),
            **params,
        )
        if confirm and setup.status in (
            SetupIntentStatus.REQUIRES_CONFIRMATION,
            SetupIntentStatus.REQUIRES_PAYMENT_METHOD,
        ):
            setup = confirm_setup_intent(
                merchant_id=self.merchant_id, setup_intent_id=setup.id, confirmation_id=self.reserved_id
            )
        return _answer(self, setup)

    @endpoint("List setup intents", input=inputs.SetupIntentListInput, returns="setup_intent", page="list")
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        rows = created_within(list_setup_intents(merchant_id=self.merchant_id), params)
        for name in ("customer", "payment_method"):
            if name in params:
                rows = rows.filter(**{f"{name}_id": params[name]})
        return self.respond_list(
            rows,
            params,
            prefix="seti",
            kind="setup_intent",
            to_shape=lambda row: setup_intent_shape(row, livemode=self.livemode),
        )


class SetupIntentView(ApiView):
    scope = "payments"
    parameter_names = {"setup_intent": "id"}

    @endpoint("Retrieve a setup intent", returns="setup_intent")
    def get(self, request: Request, id: str) -> HttpResponse:
        self.input()
        setup = get_setup_intent(merchant_id=self.merchant_id, setup_intent_id=_setup_id(id))
        return self.respond(setup_intent_shape(setup, livemode=self.livemode))

    @endpoint("Update a setup intent", input=inputs.SetupIntentUpdateInput, returns="setup_intent")
    def post(self, request: Request, id: str) -> HttpResponse:
        params = with_empty_words(self.input())
        setup = get_setup_intent(merchant_id=self.merchant_id, setup_intent_id=_setup_id(id))
        if "metadata" in params:
            params["metadata"] = merge_metadata(setup.metadata, params["metadata"])
        setup = update_setup_intent(
            merchant_id=self.merchant_id,
            setup_intent_id=setup.id,
            customer_id=params.pop("customer", None),
            payment_method_id=payment_method_id_of(
                self,
                params.pop("payment_method", None),
                refuse_first=partial(refuse_unless_open_to_change, setup),
            ),
            **params,
        )
        return self.respond(setup_intent_shape(setup, livemode=self.livemode))


class SetupIntentConfirmView(ApiView):
    scope = "payments"
    parameter_names = {"setup_intent": "id"}

    @endpoint("Confirm a setup intent", input=inputs.SetupIntentConfirmInput, returns="setup_intent")
    def post(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        setup_id = _setup_id(id)
        setup = confirm_setup_intent(
            merchant_id=self.merchant_id,
            setup_intent_id=setup_id,
            confirmation_id=self.reserved_id,
            payment_method_id=payment_method_id_of(
                self, params.get("payment_method"), refuse_first=lambda: self._refuse(setup_id)
            ),
            return_url=params.get("return_url"),
        )
        return _answer(self, setup)

    def _refuse(self, setup_id: UUID) -> None:
        refuse_unless_confirmable(get_setup_intent(merchant_id=self.merchant_id, setup_intent_id=setup_id))


class SetupIntentCancelView(ApiView):
    scope = "payments"
    parameter_names = {"setup_intent": "id"}

    @endpoint("Cancel a setup intent", input=inputs.PaymentIntentCancelInput, returns="setup_intent")
    def post(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        setup = cancel_setup_intent(
            merchant_id=self.merchant_id,
            setup_intent_id=_setup_id(id),
            reason=params.get("cancellation_reason", ""),
        )
        return self.respond(setup_intent_shape(setup, livemode=self.livemode))


def _answer(view: ApiView, setup: SetupIntent) -> HttpResponse:
    shape = setup_intent_shape(setup, livemode=view.livemode)
    problem = setup.last_setup_error
    if problem and problem["type"] == "card_error":
        details = {name: problem[name] for name in ("decline_code",) if name in problem}
        raise DECLINES.get(problem["code"], CardDeclined)(problem["message"], setup_intent=shape, **details)
    return view.respond(shape)


def _setup_id(text: str) -> UUID:
    return id_from_url("seti", text, kind="setup_intent")
