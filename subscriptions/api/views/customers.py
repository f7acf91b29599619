"""/v1/customers as billing sees them: on a test clock, with a balance. The rest is payments' own view."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from foundation.http.openapi import endpoint
from foundation.http.serializers import ListInput, id_from_url, merge_metadata, no_such
from foundation.http.views import ApiView
from foundation.money import Money
from payments.api.views.customers import CustomersView, CustomerView
from payments.queries.customers import get_customer, get_live_customer
from subscriptions.api import inputs_invoices
from subscriptions.api.inputs_subscriptions import BilledCustomerCreateInput
from subscriptions.operations.adjust_balance import adjust_balance
from subscriptions.operations.attach_to_test_clock import attach_to_test_clock
from subscriptions.queries.invoices import list_balance_transactions, read_balance
from subscriptions.queries.subscriptions import find_billing_customer
from subscriptions.queries.test_clocks import get_test_clock
from subscriptions.shapes import balance_transaction_shape
from subscriptions.shapes.values import public


class BilledCustomersView(CustomersView):
    @endpoint("Create a customer", input=BilledCustomerCreateInput, returns="customer")
    def post(self, request: Request) -> HttpResponse:
        # Refused before the customer is made, and parsed again by payments without the clock.
        clock_id = self._take_clock()
        response = super().post(request)
        if clock_id is not None:
            attach_to_test_clock(
                merchant_id=self.merchant_id, customer_id=self.reserved_id, test_clock_id=clock_id
            )
            return self.respond(with_billing(self, self.shown))
        return response

    def respond(self, shape: dict[str, Any], status: int = 200) -> HttpResponse:
        self.shown = shape
        return super().respond(shape, status)

    def _take_clock(self) -> UUID | None:
        given = self.parameters.pop("test_clock", None)
        if given is None:
            return None
        clock_id = BilledCustomerCreateInput().fields["test_clock"].run_validation(given)
        return get_test_clock(merchant_id=self.merchant_id, test_clock_id=clock_id).id


class BilledCustomerView(CustomerView):
    def respond(self, shape: dict[str, Any], status: int = 200) -> HttpResponse:
        return super().respond(with_billing(self, shape), status)


class CustomerBalanceTransactionsView(ApiView):
    scope = "customers"
    parameter_names = {"customer": "id"}

    @endpoint(
        "Move a customer's balance",
        input=inputs_invoices.BalanceTransactionCreateInput,
        returns="customer_balance_transaction",
    )
    def post(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        moved = adjust_balance(
            merchant_id=self.merchant_id,
            customer_id=_customer_id(id),
            transaction_id=self.reserved_id,
            amount=Money(params["amount"], params["currency"]),
            description=params.get("description", ""),
            metadata=merge_metadata({}, params.get("metadata") or {}),
        )
        return self.respond(balance_transaction_shape(moved, livemode=self.livemode))

    @endpoint(
        "List a customer's balance transactions",
        input=ListInput,
        returns="customer_balance_transaction",
        page="list",
    )
    def get(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        customer = get_live_customer(merchant_id=self.merchant_id, customer_id=_customer_id(id))
        return self.respond_list(
            list_balance_transactions(merchant_id=self.merchant_id, customer_id=customer.id),
            params,
            prefix="cbtxn",
            kind="customer balance transaction",
            to_shape=lambda row: balance_transaction_shape(row, livemode=self.livemode),
        )


class CustomerBalanceTransactionView(ApiView):
    scope = "customers"
    parameter_names = {"customer": "id"}

    @endpoint("Retrieve a customer's balance transaction", returns="customer_balance_transaction")
    def get(self, request: Request, id: str, transaction: str) -> HttpResponse:
        self.input()
        customer = get_customer(merchant_id=self.merchant_id, customer_id=_customer_id(id))
        rows = list_balance_transactions(merchant_id=self.merchant_id, customer_id=customer.id)
        kind = "customer balance transaction"
        moved = rows.filter(pk=id_from_url("cbtxn", transaction, kind=kind)).first()
        if moved is None:
            raise no_such(kind, transaction, param="id")
        return self.respond(balance_transaction_shape(moved, livemode=self.livemode))


def with_billing(view: ApiView, shape: dict[str, Any]) -> dict[str, Any]:
    """The customer's balance and clock, where there are any; a deleted customer has none."""
    if shape.get("deleted"):
        return shape
    customer_id = id_from_url("cus", shape["id"], kind="customer")
    billing = find_billing_customer(merchant_id=view.merchant_id, customer_id=customer_id)
    if billing is None:
        return shape
    last = list_balance_transactions(merchant_id=view.merchant_id, customer_id=customer_id).first()
    currency = last.currency if last is not None else None
    balance = 0
    if currency is not None:
        moved, _ = read_balance(merchant_id=view.merchant_id, customer_id=customer_id, currency=currency)
        balance = moved.amount_minor
    return shape | {
        "balance": balance,
        "currency": currency,
        "test_clock": public("clock", billing.test_clock_id),
    }


def _customer_id(text: str) -> UUID:
    return id_from_url("cus", text, kind="customer")
