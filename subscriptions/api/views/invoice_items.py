"""/v1/invoiceitems."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from foundation.errors import ParameterMissing
from foundation.http.openapi import endpoint
from foundation.http.serializers import id_from_url, merge_metadata
from foundation.http.views import ApiView
from foundation.money import HALF_UP, Money, round_fraction
from payments.api.common import created_within
from subscriptions.api import inputs_invoices as inputs
from subscriptions.api.common import as_fields, with_tax_rates
from subscriptions.models import InvoiceItem
from subscriptions.operations.create_invoice_item import create_invoice_item
from subscriptions.operations.delete_invoice_item import delete_invoice_item
from subscriptions.operations.update_invoice_item import update_invoice_item
from subscriptions.queries.catalogue import get_price
from subscriptions.queries.invoices import get_invoice_item, list_invoice_items
from subscriptions.shapes import invoice_item_shape


class InvoiceItemsView(ApiView):
    scope = "invoices"
    parameter_names = {"price": "pricing[price]"}

    @endpoint("Create an invoice item", input=inputs.InvoiceItemCreateInput, returns="invoiceitem")
    def post(self, request: Request) -> HttpResponse:
        params = self.input()
        period = params.get("period")
        item = create_invoice_item(
            merchant_id=self.merchant_id,
            invoice_item_id=self.reserved_id,
            customer_id=params["customer"],
            amount=self._amount(params),
            description=params.get("description") or "",
            price_id=params.get("pricing", {}).get("price"),
            quantity=params.get("quantity", 1),
            unit_amount=params.get("unit_amount_decimal"),
            invoice_id=params.get("invoice"),
            subscription_id=params.get("subscription"),
            period=(period["start"], period["end"]) if period else None,
            tax_rate_ids=params.get("tax_rates", ()),
            is_discountable=params.get("discountable", True),
            metadata=merge_metadata({}, params.get("metadata") or {}),
            may_exist=self.is_resumed,
        )
        return self.respond(self.shape(item))

    @endpoint("List invoice items", input=inputs.InvoiceItemListInput, returns="invoiceitem", page="list")
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        rows = created_within(list_invoice_items(merchant_id=self.merchant_id), params)
        for name, field in (("customer", "customer_id"), ("invoice", "invoice_id")):
            if name in params:
                rows = rows.filter(**{field: params[name]})
        if "pending" in params:
            rows = rows.filter(invoice__isnull=params["pending"])
        return self.respond_list(rows, params, prefix="ii", kind="invoiceitem", to_shape=self.shape)

    def shape(self, item: InvoiceItem) -> dict[str, Any]:
        return with_tax_rates(self, invoice_item_shape(item, livemode=self.livemode), "tax_rates")

    def _amount(self, params: dict[str, Any]) -> Money:
        quantity = params.get("quantity", 1)
        if "pricing" in params:
            price = get_price(merchant_id=self.merchant_id, price_id=params["pricing"]["price"])
            return price.terms.amount(quantity)
        if "currency" not in params:
            raise ParameterMissing("Missing required param: currency.", param="currency")
        if "unit_amount_decimal" in params:
            exact = params["unit_amount_decimal"] * quantity
            return Money(round_fraction(exact, HALF_UP), params["currency"])
        return Money(params["amount"], params["currency"])


class InvoiceItemView(InvoiceItemsView):
    parameter_names = {"invoiceitem": "id"}

    @endpoint("Retrieve an invoice item", returns="invoiceitem")
    def get(self, request: Request, id: str) -> HttpResponse:  # type: ignore[override]
        self.input()
        item = get_invoice_item(merchant_id=self.merchant_id, invoice_item_id=_item_id(id))
        return self.respond(self.shape(item))

    @endpoint("Update an invoice item", input=inputs.InvoiceItemUpdateInput, returns="invoiceitem")
    def post(self, request: Request, id: str) -> HttpResponse:  # type: ignore[override]
        params = as_fields(self.input(), texts=("description",))
        known = get_invoice_item(merchant_id=self.merchant_id, invoice_item_id=_item_id(id))
        for name, field in (("amount", "amount_minor"), ("discountable", "is_discountable")):
            if name in params:
                params[field] = params.pop(name)
        if "metadata" in params:
            params["metadata"] = merge_metadata(known.metadata, params["metadata"])
        update_invoice_item(merchant_id=self.merchant_id, invoice_item_id=known.id, **params)
        item = get_invoice_item(merchant_id=self.merchant_id, invoice_item_id=known.id)
        return self.respond(self.shape(item))

    @endpoint("Delete an invoice item", returns="deleted_invoiceitem")
    def delete(self, request: Request, id: str) -> HttpResponse:
        self.input()
        delete_invoice_item(merchant_id=self.merchant_id, invoice_item_id=_item_id(id))
        return self.respond({"id": id, "object": "invoiceitem", "deleted": True})


def _item_id(text: str) -> UUID:
    return id_from_url("ii", text, kind="invoiceitem")
