"""/v1/products and /v1/prices."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from foundation.http.openapi import endpoint
from foundation.http.serializers import id_from_url, merge_metadata
from foundation.http.views import ApiView
from payments.api.common import created_within
from subscriptions.api import inputs_catalogue as inputs
from subscriptions.api.common import as_fields, second_id, unit_amount_of
from subscriptions.models import BillingScheme, Product
from subscriptions.operations.create_price import create_price
from subscriptions.operations.create_product import create_product
from subscriptions.operations.update_price import update_price
from subscriptions.operations.update_product import update_product
from subscriptions.queries.catalogue import get_price, get_product, list_prices, list_products
from subscriptions.shapes import price_shape, product_shape

TEXTS = ("description", "statement_descriptor", "tax_code", "unit_label", "url", "nickname")


class ProductsView(ApiView):
    scope = "catalogue"

    @endpoint("Create a product", input=inputs.ProductCreateInput, returns="product")
    def post(self, request: Request) -> HttpResponse:
        params = as_fields(self.input(), texts=TEXTS)
        price = params.pop("default_price_data", None)
        params["metadata"] = merge_metadata({}, params.get("metadata") or {})
        product = create_product(
            merchant_id=self.merchant_id, product_id=self.reserved_id, may_exist=self.is_resumed, **params
        )
        if price is not None and product.default_price_id is None:
            product = self._with_default_price(product, price)
        return self.respond(product_shape(product, livemode=self.livemode))

    @endpoint("List products", input=inputs.ProductListInput, returns="product", page="list")
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        rows = created_within(list_products(merchant_id=self.merchant_id), params)
        for name, field in (("active", "is_active"), ("type", "type"), ("url", "url")):
            if name in params:
                rows = rows.filter(**{field: params[name]})
        return self.respond_list(
            rows,
            params,
            prefix="prod",
            kind="product",
            to_shape=lambda row: product_shape(row, livemode=self.livemode),
        )

    def _with_default_price(self, product: Product, params: dict[str, Any]) -> Product:
        price = create_price(
            merchant_id=self.merchant_id,
            price_id=second_id(self.reserved_id),
            product_id=product.id,
            may_exist=True,
            **price_fields(dict(params)),
        )
        return update_product(merchant_id=self.merchant_id, product_id=product.id, default_price_id=price.id)


class ProductView(ApiView):
    scope = "catalogue"
    parameter_names = {"product": "id"}

    @endpoint("Retrieve a product", returns="product")
    def get(self, request: Request, id: str) -> HttpResponse:
        self.input()
        product = get_product(merchant_id=self.merchant_id, product_id=_product_id(id))
        return self.respond(product_shape(product, livemode=self.livemode))

    @endpoint("Update a product", input=inputs.ProductUpdateInput, returns="product")
    def post(self, request: Request, id: str) -> HttpResponse:
        params = as_fields(self.input(), texts=TEXTS)
        known = get_product(merchant_id=self.merchant_id, product_id=_product_id(id))
        if "metadata" in params:
            params["metadata"] = merge_metadata(known.metadata, params["metadata"])
        for name in ("images", "marketing_features"):
            if name in params:
                params[name] = params[name] or []
        default = params.pop("default_price", None)
        product = update_product(
            merchant_id=self.merchant_id, product_id=known.id, default_price_id=default, **params
        )
        return self.respond(product_shape(product, livemode=self.livemode))


class PricesView(ApiView):
    scope = "catalogue"
    parameter_names = {"meter": "recurring[meter]"}

    @endpoint("Create a price", input=inputs.PriceCreateInput, returns="price")
    def post(self, request: Request) -> HttpResponse:
        params = self.input()
        product_id = params.pop("product", None) or self._product_of(params.pop("product_data"))
        price = create_price(
            merchant_id=self.merchant_id,
            price_id=self.reserved_id,
            product_id=product_id,
            may_exist=self.is_resumed,
            **price_fields(params),
        )
        return self.respond(price_shape(price, livemode=self.livemode))

    @endpoint("List prices", input=inputs.PriceListInput, returns="price", page="list")
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        rows = created_within(list_prices(merchant_id=self.merchant_id), params)
        filters = {"active": "is_active", "currency": "currency", "product": "product_id"}
        for name, field in filters.items():
            if name in params:
                rows = rows.filter(**{field: params[name]})
        if "lookup_keys" in params:
            rows = rows.filter(lookup_key__in=params["lookup_keys"])
        if "type" in params:
            rows = rows.filter(interval="") if params["type"] == "one_time" else rows.exclude(interval="")
        return self.respond_list(
            rows,
            params,
            prefix="price",
            kind="price",
            to_shape=lambda row: price_shape(row, livemode=self.livemode),
        )

    def _product_of(self, params: dict[str, Any]) -> UUID:
        fields = as_fields(params, texts=TEXTS)
        fields["metadata"] = merge_metadata({}, fields.get("metadata") or {})
        return create_product(
            merchant_id=self.merchant_id, product_id=second_id(self.reserved_id), may_exist=True, **fields
        ).id


class PriceView(ApiView):
    scope = "catalogue"
    parameter_names = {"price": "id"}

    @endpoint("Retrieve a price", returns="price")
    def get(self, request: Request, id: str) -> HttpResponse:
        self.input()
        price = get_price(merchant_id=self.merchant_id, price_id=_price_id(id))
        return self.respond(price_shape(price, livemode=self.livemode))

    @endpoint("Update a price", input=inputs.PriceUpdateInput, returns="price")
    def post(self, request: Request, id: str) -> HttpResponse:
        params = as_fields(self.input(), texts=("nickname", "lookup_key"))
        known = get_price(merchant_id=self.merchant_id, price_id=_price_id(id))
        if "metadata" in params:
            params["metadata"] = merge_metadata(known.metadata, params["metadata"])
        price = update_price(merchant_id=self.merchant_id, price_id=known.id, **params)
        return self.respond(price_shape(price, livemode=self.livemode))


def price_fields(params: dict[str, Any]) -> dict[str, Any]:
    """What a price's parameters are to create_price."""
    fields = as_fields(params, texts=("nickname",))
    recurring = fields.pop("recurring", None) or {}
    fields["metadata"] = merge_metadata({}, fields.get("metadata") or {})
    fields["unit_amount"] = unit_amount_of(fields)
    meter_id = recurring.pop("meter", None)
    tiers, package = fields.pop("tiers", None), fields.pop("transform_quantity", None)
    if tiers is not None:
        fields["tiers"] = [_tier(tier) for tier in tiers]
        fields.setdefault("billing_scheme", BillingScheme.TIERED)
    if "tiers_mode" in fields:
        fields["tiering"] = fields.pop("tiers_mode")
    if package is not None:
        fields["package_size"], fields["package_rounding"] = package["divide_by"], package["round"]
    return {**fields, **recurring, "meter_id": meter_id}


def _tier(tier: dict[str, Any]) -> dict[str, Any]:
    kept: dict[str, Any] = {"up_to": tier["up_to"]}
    for name in ("unit_amount", "flat_amount"):
        amount = tier.get(f"{name}_decimal", tier.get(name))
        if amount is not None:
            kept[name] = str(amount)
    return kept


def _product_id(text: str) -> UUID:
    return id_from_url("prod", text, kind="product")


def _price_id(text: str) -> UUID:
    return id_from_url("price", text, kind="price")
