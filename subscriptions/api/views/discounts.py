"""/v1/coupons, /v1/promotion_codes and /v1/tax_rates."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from foundation import clock
from foundation.http.openapi import endpoint
from foundation.http.serializers import id_from_url, merge_metadata, no_such
from foundation.http.views import ApiView
from foundation.money import Money
from payments.api.common import created_within
from subscriptions.api import inputs_catalogue as inputs
from subscriptions.api.common import as_fields, coupon_named
from subscriptions.discounts import Duration
from subscriptions.models import Coupon, PromotionCode
from subscriptions.operations.create_coupon import create_coupon
from subscriptions.operations.create_promotion_code import create_promotion_code
from subscriptions.operations.create_tax_rate import create_tax_rate
from subscriptions.operations.delete_coupon import delete_coupon
from subscriptions.operations.update_coupon import update_coupon
from subscriptions.operations.update_promotion_code import update_promotion_code
from subscriptions.operations.update_tax_rate import update_tax_rate
from subscriptions.queries.catalogue import (
    get_tax_rates,
    list_coupons,
    list_promotion_codes,
    list_tax_rates,
)
from subscriptions.shapes import coupon_shape, promotion_code_shape, tax_rate_shape

TAX_TEXTS = ("country", "description", "jurisdiction", "state", "tax_type")


class CouponsView(ApiView):
    scope = "catalogue"
    parameter_names = {"product": "applies_to[products]"}

    @endpoint("Create a coupon", input=inputs.CouponCreateInput, returns="coupon")
    def post(self, request: Request) -> HttpResponse:
        params = as_fields(self.input(), texts=("name",))
        off, currency = params.pop("amount_off", None), params.pop("currency", "")
        products = params.pop("applies_to", {}).get("products", [])
        coupon = create_coupon(
            merchant_id=self.merchant_id,
            coupon_id=self.reserved_id,
            duration=Duration(params.pop("duration")),
            amount_off=None if off is None else Money(off, currency),
            custom_id=params.pop("id", ""),
            product_ids=products,
            metadata=merge_metadata({}, params.pop("metadata", None) or {}),
            redeem_by_at=params.pop("redeem_by", None),
            may_exist=self.is_resumed,
            **params,
        )
        return self.respond(self.shape(coupon))

    @endpoint("List coupons", input=inputs.CouponListInput, returns="coupon", page="list")
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        rows = created_within(list_coupons(merchant_id=self.merchant_id), params)
        return self.respond_list(rows, params, prefix="coupon", kind="coupon", to_shape=self.shape)

    def shape(self, coupon: Coupon) -> dict[str, Any]:
        return coupon_shape(coupon, livemode=self.livemode, at=clock.now())


class CouponView(CouponsView):
    parameter_names = {"coupon": "id"}

    @endpoint("Retrieve a coupon", returns="coupon")
    def get(self, request: Request, id: str) -> HttpResponse:  # type: ignore[override]
        self.input()
        return self.respond(self.shape(coupon_named(self, id, param="id")))

    @endpoint("Update a coupon", input=inputs.CouponUpdateInput, returns="coupon")
    def post(self, request: Request, id: str) -> HttpResponse:  # type: ignore[override]
        params = as_fields(self.input(), texts=("name",))
        known = coupon_named(self, id, param="id")
        if "metadata" in params:
            params["metadata"] = merge_metadata(known.metadata, params["metadata"])
        coupon = update_coupon(merchant_id=self.merchant_id, coupon_id=known.id, **params)
        return self.respond(self.shape(coupon))

    @endpoint("Delete a coupon", returns="deleted_coupon")
    def delete(self, request: Request, id: str) -> HttpResponse:
        self.input()
        known = coupon_named(self, id, param="id")
        delete_coupon(merchant_id=self.merchant_id, coupon_id=known.id)
        return self.respond({"id": known.shown_id, "object": "coupon", "deleted": True})


class PromotionCodesView(ApiView):
    scope = "catalogue"

    @endpoint("Create a promotion code", input=inputs.PromotionCodeCreateInput, returns="promotion_code")
    def post(self, request: Request) -> HttpResponse:
        params = as_fields(self.input())
        coupon = coupon_named(self, params.pop("promotion")["coupon"], param="promotion[coupon]")
        limits = params.pop("restrictions", {})
        code = create_promotion_code(
            merchant_id=self.merchant_id,
            promotion_code_id=self.reserved_id,
            coupon_id=coupon.id,
            customer_id=params.pop("customer", None),
            metadata=merge_metadata({}, params.pop("metadata", None) or {}),
            first_time_transaction=limits.get("first_time_transaction", False),
            minimum_amount_minor=limits.get("minimum_amount"),
            minimum_amount_currency=limits.get("minimum_amount_currency", ""),
            may_exist=self.is_resumed,
            **params,
        )
        return self.respond(self.shape(code))

    @endpoint(
        "List promotion codes", input=inputs.PromotionCodeListInput, returns="promotion_code", page="list"
    )
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        rows = created_within(list_promotion_codes(merchant_id=self.merchant_id), params)
        if "active" in params:
            rows = rows.filter(is_active=params["active"])
        if "code" in params:
            rows = rows.filter(code=params["code"].upper())
        if "coupon" in params:
            rows = rows.filter(coupon=coupon_named(self, params["coupon"], param="coupon"))
        if "customer" in params:
            rows = rows.filter(customer_id=params["customer"])
        return self.respond_list(rows, params, prefix="promo", kind="promotion code", to_shape=self.shape)

    def shape(self, code: PromotionCode) -> dict[str, Any]:
        return promotion_code_shape(code, livemode=self.livemode)


class PromotionCodeView(PromotionCodesView):
    parameter_names = {"promotion_code": "id"}

    @endpoint("Retrieve a promotion code", returns="promotion_code")
    def get(self, request: Request, id: str) -> HttpResponse:  # type: ignore[override]
        self.input()
        return self.respond(self.shape(self._code(id)))

    @endpoint("Update a promotion code", input=inputs.PromotionCodeUpdateInput, returns="promotion_code")
    def post(self, request: Request, id: str) -> HttpResponse:  # type: ignore[override]
        params = as_fields(self.input())
        known = self._code(id)
        if "metadata" in params:
            params["metadata"] = merge_metadata(known.metadata, params["metadata"])
        code = update_promotion_code(merchant_id=self.merchant_id, promotion_code_id=known.id, **params)
        return self.respond(self.shape(code))

    def _code(self, text: str) -> PromotionCode:
        code_id = id_from_url("promo", text, kind="promotion code")
        found = list_promotion_codes(merchant_id=self.merchant_id).filter(pk=code_id).first()
        if found is None:
            raise no_such("promotion code", text, param="id")
        return found


class TaxRatesView(ApiView):
    scope = "catalogue"

    @endpoint("Create a tax rate", input=inputs.TaxRateCreateInput, returns="tax_rate")
    def post(self, request: Request) -> HttpResponse:
        params = as_fields(self.input(), texts=TAX_TEXTS)
        params["metadata"] = merge_metadata({}, params.get("metadata") or {})
        rate = create_tax_rate(
            merchant_id=self.merchant_id, tax_rate_id=self.reserved_id, may_exist=self.is_resumed, **params
        )
        return self.respond(tax_rate_shape(rate, livemode=self.livemode))

    @endpoint("List tax rates", input=inputs.TaxRateListInput, returns="tax_rate", page="list")
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        rows = created_within(list_tax_rates(merchant_id=self.merchant_id), params)
        for name, field in (("active", "is_active"), ("inclusive", "inclusive")):
            if name in params:
                rows = rows.filter(**{field: params[name]})
        return self.respond_list(
            rows,
            params,
            prefix="txr",
            kind="tax rate",
            to_shape=lambda row: tax_rate_shape(row, livemode=self.livemode),
        )


class TaxRateView(ApiView):
    scope = "catalogue"
    parameter_names = {"tax_rate": "id", "tax_rates": "id"}

    @endpoint("Retrieve a tax rate", returns="tax_rate")
    def get(self, request: Request, id: str) -> HttpResponse:
        self.input()
        rate_id = id_from_url("txr", id, kind="tax rate")
        [rate] = get_tax_rates(merchant_id=self.merchant_id, tax_rate_ids=[rate_id])
        return self.respond(tax_rate_shape(rate, livemode=self.livemode))

    @endpoint("Update a tax rate", input=inputs.TaxRateUpdateInput, returns="tax_rate")
    def post(self, request: Request, id: str) -> HttpResponse:
        params = as_fields(self.input(), texts=TAX_TEXTS)
        rate_id = id_from_url("txr", id, kind="tax rate")
        [known] = get_tax_rates(merchant_id=self.merchant_id, tax_rate_ids=[rate_id])
        if "metadata" in params:
            params["metadata"] = merge_metadata(known.metadata, params["metadata"])
        rate = update_tax_rate(merchant_id=self.merchant_id, tax_rate_id=known.id, **params)
        return self.respond(tax_rate_shape(rate, livemode=self.livemode))
