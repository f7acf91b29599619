"""/v1/psp_accounts, whose secrets are written and never shown, and tokens of a card at further accounts."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from rest_framework.request import Request

from foundation.http.openapi import endpoint
from foundation.http.serializers import ListInput, id_from_url
from foundation.http.views import ApiView
from payments.api import routing_inputs as inputs
from payments.models import PspAccount, TokenKind
from payments.operations.add_psp_token import add_psp_token
from payments.operations.create_psp_account import create_psp_account
from payments.operations.update_psp_account import update_psp_account
from payments.queries.psp_accounts import find_psp_account, get_psp_account, list_psp_accounts
from payments.routing.costs import read_cost_model
from payments.shapes import payment_method_shape
from payments.shapes.routing import psp_account_shape

PSP_ACCOUNT = "psp_account"


class PspAccountsView(ApiView):
    scope = "psp_accounts"

    @endpoint("Create a PSP account", input=inputs.PspAccountCreateInput, returns=PSP_ACCOUNT)
    def post(self, request: Request) -> HttpResponse:
        limits = _by_field(self.input())
        account = None
        if self.is_resumed:
            account = find_psp_account(merchant_id=self.merchant_id, psp_account_id=self.reserved_id)
        if account is None:
            account = create_psp_account(
                merchant_id=self.merchant_id, psp_account_id=self.reserved_id, **limits
            )
        return self.respond(_shape(account))

    @endpoint("List PSP accounts", input=ListInput, returns=PSP_ACCOUNT, page="list")
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        return self.respond_list(
            list_psp_accounts(merchant_id=self.merchant_id).order_by("-id"),
            params,
            prefix=PspAccount.public_prefix,
            kind=PSP_ACCOUNT,
            to_shape=_shape,
        )


class PspAccountView(ApiView):
    scope = "psp_accounts"
    parameter_names = {"psp_account": "id"}

    @endpoint("Retrieve a PSP account", returns=PSP_ACCOUNT)
    def get(self, request: Request, id: str) -> HttpResponse:
        self.input()
        return self.respond(
            _shape(get_psp_account(merchant_id=self.merchant_id, psp_account_id=_account_id(id)))
        )

    @endpoint("Update a PSP account", input=inputs.PspAccountUpdateInput, returns=PSP_ACCOUNT)
    def post(self, request: Request, id: str) -> HttpResponse:
        changes = _by_field(self.input())
        account = update_psp_account(merchant_id=self.merchant_id, psp_account_id=_account_id(id), **changes)
        return self.respond(_shape(account))


class PaymentMethodTokensView(ApiView):
    scope = "customers"
    parameter_names = {"payment_method": "id"}

    @endpoint(
        "Let a payment method be charged at a further PSP account",
        input=inputs.PspTokenInput,
        returns="payment_method",
    )
    def post(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        method = add_psp_token(
            merchant_id=self.merchant_id,
            payment_method_id=id_from_url("pm", id, kind="payment_method"),
            psp_account_id=params["psp_account"],
            token=params["token"],
            kind=params.get("kind") or TokenKind.PSP,
        )
        return self.respond(payment_method_shape(method, livemode=self.livemode))


def _by_field(params: dict[str, Any]) -> dict[str, Any]:
    """The parameters by the names of the model's fields."""
    fields = dict(params)
    if "active" in fields:
        fields["is_active"] = fields.pop("active")
    if "cost_model" in fields:
        fields["cost_model"] = [
            {("fixed_minor" if name == "fixed" else name): value for name, value in entry.items()}
            for entry in fields["cost_model"]
        ]
    return fields


def _shape(account: PspAccount) -> dict[str, Any]:
    address = settings.PUBLIC_BASE_URL + reverse("psp_webhook", args=[account.public_id])
    return psp_account_shape(account, costs=read_cost_model(account.cost_model), webhook_url=address)


def _account_id(text: str) -> UUID:
    return id_from_url(PspAccount.public_prefix, text, kind=PSP_ACCOUNT)
