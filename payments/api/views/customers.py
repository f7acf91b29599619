"""/v1/customers and /v1/payment_methods."""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from foundation.http.openapi import endpoint
from foundation.http.serializers import id_from_url, merge_metadata, no_such
from foundation.http.views import ApiView
from payments.api import inputs
from payments.api.common import created_within, payment_method_id_of, refuse_unless_live, with_empty_words
from payments.api.method_inputs import PaymentMethodCreateInput
from payments.models import Customer, PaymentMethod
from payments.operations.attach_payment_method import attach_payment_method
from payments.operations.create_customer import create_customer
from payments.operations.create_payment_method import create_payment_method
from payments.operations.delete_customer import delete_customer
from payments.operations.detach_payment_method import detach_payment_method
from payments.operations.make_payment_method import make_payment_method
from payments.operations.update_customer import update_customer
from payments.operations.update_payment_method import update_payment_method
from payments.queries.customers import (
    get_customer,
    get_live_customer,
    get_payment_method,
    list_customers,
    list_payment_methods,
)
from payments.shapes import customer_shape, deleted_customer_shape, payment_method_shape


class CustomersView(ApiView):
    scope = "customers"

    @endpoint("Create a customer", input=inputs.CustomerCreateInput, returns="customer")
    def post(self, request: Request) -> HttpResponse:
        params = with_empty_words(self.input())
        method_id = payment_method_id_of(self, params.pop("payment_method", None))
        params["metadata"] = merge_metadata({}, params.get("metadata") or {})
        customer = create_customer(
            merchant_id=self.merchant_id,
            customer_id=self.reserved_id,
            payment_method_id=method_id,
            may_exist=self.is_resumed,
            **params,
        )
        return self.respond(customer_shape(customer, livemode=self.livemode))

    @endpoint("List customers", input=inputs.CustomerListInput, returns="customer", page="list")
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        rows = created_within(list_customers(merchant_id=self.merchant_id), params)
        if "email" in params:
            rows = rows.filter(email=params["email"])
        return self.respond_list(
            rows,
            params,
            prefix="cus",
            kind="customer",
            to_shape=lambda row: customer_shape(row, livemode=self.livemode),
        )


class CustomerView(ApiView):
    scope = "customers"
    parameter_names = {"customer": "id", "payment_method": "invoice_settings[default_payment_method]"}

    @endpoint("Retrieve a customer", returns="customer")
    def get(self, request: Request, id: str) -> HttpResponse:
        self.input()
        customer = get_customer(merchant_id=self.merchant_id, customer_id=_customer_id(id))
        return self.respond(self._shape(customer))

    @endpoint("Update a customer", input=inputs.CustomerUpdateInput, returns="customer")
    def post(self, request: Request, id: str) -> HttpResponse:
        params = with_empty_words(self.input())
        customer_id = _customer_id(id)
        customer = get_live_customer(merchant_id=self.merchant_id, customer_id=customer_id)
        if "metadata" in params:
            params["metadata"] = merge_metadata(customer.metadata, params["metadata"])
        default = params.pop("invoice_settings", {}).get("default_payment_method")
        customer = update_customer(
            merchant_id=self.merchant_id, customer_id=customer_id, default_payment_method_id=default, **params
        )
        return self.respond(self._shape(customer))

    @endpoint("Delete a customer", returns="deleted_customer")
    def delete(self, request: Request, id: str) -> HttpResponse:
        self.input()
        customer = delete_customer(merchant_id=self.merchant_id, customer_id=_customer_id(id))
        return self.respond(deleted_customer_shape(customer))

    def _shape(self, customer: Customer) -> dict[str, Any]:
        if customer.deleted_at is not None:
            return deleted_customer_shape(customer)
        return customer_shape(customer, livemode=self.livemode)


class CustomerPaymentMethodsView(ApiView):
    scope = "customers"
    parameter_names = {"customer": "id"}

    @endpoint(
        "List a customer's payment methods",
        input=inputs.PaymentMethodOfCustomerListInput,
        returns="payment_method",
        page="list",
    )
    def get(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        customer = get_live_customer(merchant_id=self.merchant_id, customer_id=_customer_id(id))
        return _method_list(self, params, customer_id=customer.id)


class CustomerPaymentMethodView(ApiView):
    scope = "customers"
    parameter_names = {"customer": "id", "payment_method": "id"}

    @endpoint("Retrieve a customer's payment method", returns="payment_method")
    def get(self, request: Request, id: str, method: str) -> HttpResponse:
        self.input()
        customer = get_live_customer(merchant_id=self.merchant_id, customer_id=_customer_id(id))
        row = get_payment_method(merchant_id=self.merchant_id, payment_method_id=_method_id(method))
        if row.customer_id != customer.id:
            raise no_such("payment_method", method, param="id")
        return self.respond(payment_method_shape(row, livemode=self.livemode))


class PaymentMethodsView(ApiView):
    scope = "customers"
    parameter_names = {"payment_method": "card[token]"}

    @endpoint(
        "Create a payment method from a PSP's token, or from an account",
        input=PaymentMethodCreateInput,
        returns="payment_method",
    )
    def post(self, request: Request) -> HttpResponse:
        params = self.input()
        kind, given = params["type"], params.get(params["type"]) or {}
        made: dict[str, Any] = {
            "merchant_id": self.merchant_id,
            "payment_method_id": self.reserved_id,
            "psp_account_id": params.get("psp_account"),
            "billing_details": params.get("billing_details"),
            "metadata": merge_metadata({}, params.get("metadata") or {}),
            "may_exist": self.is_resumed,
        }
        if "token" in given:
            method = create_payment_method(type=kind, token=_card_token(given["token"]), **made)
        else:
            method = make_payment_method(type=kind, details=given, **made)
        return self.respond(payment_method_shape(method, livemode=self.livemode))

    @endpoint(
        "List payment methods", input=inputs.PaymentMethodListInput, returns="payment_method", page="list"
    )
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        return _method_list(self, params, customer_id=params.get("customer"))


class PaymentMethodView(ApiView):
    scope = "customers"
    parameter_names = {"payment_method": "id"}

    @endpoint("Retrieve a payment method", returns="payment_method")
    def get(self, request: Request, id: str) -> HttpResponse:
        self.input()
        row = get_payment_method(merchant_id=self.merchant_id, payment_method_id=_method_id(id))
        return self.respond(payment_method_shape(row, livemode=self.livemode))

    @endpoint("Update a payment method", input=inputs.PaymentMethodUpdateInput, returns="payment_method")
    def post(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        method_id = _method_id(id)
        row: PaymentMethod = get_payment_method(merchant_id=self.merchant_id, payment_method_id=method_id)
        if "metadata" in params:
            params["metadata"] = merge_metadata(row.metadata, params["metadata"])
        if params:
            row = update_payment_method(merchant_id=self.merchant_id, payment_method_id=method_id, **params)
        return self.respond(payment_method_shape(row, livemode=self.livemode))


class PaymentMethodAttachView(ApiView):
    scope = "customers"
    parameter_names = {"payment_method": "id"}

    @endpoint("Attach a payment method to a customer", input=inputs.AttachInput, returns="payment_method")
    def post(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        method_id = payment_method_id_of(
            self, id, refuse_first=partial(refuse_unless_live, self, params["customer"])
        )
        assert method_id is not None
        row = attach_payment_method(
            merchant_id=self.merchant_id, payment_method_id=method_id, customer_id=params["customer"]
        )
        return self.respond(payment_method_shape(row, livemode=self.livemode))


class PaymentMethodDetachView(ApiView):
    scope = "customers"
    parameter_names = {"payment_method": "id"}

    @endpoint("Detach a payment method from its customer", returns="payment_method")
    def post(self, request: Request, id: str) -> HttpResponse:
        self.input()
        row = detach_payment_method(merchant_id=self.merchant_id, payment_method_id=_method_id(id))
        return self.respond(payment_method_shape(row, livemode=self.livemode))


def _customer_id(text: str) -> UUID:
    return id_from_url("cus", text, kind="customer")


def _method_id(text: str) -> UUID:
    return id_from_url("pm", text, kind="payment_method")


def _card_token(token: str) -> str:
    # Stripe's shared test tokens have two spellings; the one of payment methods is what a charge takes.
    return f"pm_card_{token.removeprefix('tok_')}" if token.startswith("tok_") else token


def _method_list(view: ApiView, params: dict[str, Any], *, customer_id: UUID | None) -> HttpResponse:
    rows = list_payment_methods(merchant_id=view.merchant_id, customer_id=customer_id)
    if "type" in params:
        rows = rows.filter(type=params["type"])
    return view.respond_list(
        rows,
        params,
        prefix="pm",
        kind="payment_method",
        to_shape=lambda row: payment_method_shape(row, livemode=view.livemode),
    )
