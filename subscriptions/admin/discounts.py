"""Coupons, and the codes that customers type in for them."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldBooleanSwitchWidget

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import NOTHING, badge, instant, mono
from foundation.backoffice.filters import CreatedFilter, SelectFilter, fixed_filter
from foundation.backoffice.forms import ActionForm
from foundation.backoffice.links import page_link
from foundation.backoffice.views import ActionView
from foundation.money import CurrencyUnknown, Money, exponent_of
from subscriptions.admin.creating import (
    CatalogueAdmin,
    NewRow,
    Seller,
    SwitchRow,
    decimal_field,
    text_field,
    whole_field,
)
from subscriptions.admin.products import ActiveFilter, active_badge
from subscriptions.admin.words import off_words
from subscriptions.discounts import Duration
from subscriptions.models import Coupon, PromotionCode
from subscriptions.operations.create_coupon import create_coupon
from subscriptions.operations.create_promotion_code import create_promotion_code
from subscriptions.operations.delete_coupon import delete_coupon
from subscriptions.operations.update_promotion_code import update_promotion_code

DURATIONS = [
    (Duration.ONCE, "One invoice"),
    (Duration.REPEATING, "Some months"),
    (Duration.FOREVER, "For good"),
]


class CouponForm(ActionForm):
    name = text_field(max_length=40, help_text="Customers read it on their invoices.")
    percent_off = decimal_field(required=False, decimal_places=4, max_digits=7, max_value=100)
    amount_off = decimal_field(
        required=False, decimal_places=3, max_digits=18, help_text="12.50, instead of percent."
    )
    currency = text_field(required=False, max_length=3, help_text="Of an amount; such as usd.")
    duration = forms.ChoiceField(choices=DURATIONS, widget=UnfoldAdminSelectWidget, label="Comes off")
    duration_in_months = whole_field(required=False, label="How many months", max_value=120)
    max_redemptions = whole_field(required=False, label="At most this often")
    custom_id = text_field(required=False, max_length=200, label="Id of your own")

    def clean(self) -> dict[str, Any]:
        answers: dict[str, Any] = super().clean() or {}
        if self.errors:
            return answers
        if (answers["percent_off"] is None) == (answers["amount_off"] is None):
            raise forms.ValidationError("Write either the percent or the amount.")
        if (answers["duration"] == Duration.REPEATING) != bool(answers["duration_in_months"]):
            self.add_error("duration_in_months", "For some months, say how many; otherwise leave it empty.")
        if answers["amount_off"] is not None:
            answers["money"] = _money(answers)
        return answers


def _money(answers: dict[str, Any]) -> Money:
    currency = answers["currency"].lower()
    try:
        minor = answers["amount_off"].scaleb(exponent_of(currency))
    except CurrencyUnknown:
        raise forms.ValidationError({"currency": "No such currency."}) from None
    if minor != minor.to_integral_value() or minor <= 0:
        raise forms.ValidationError({"amount_off": "An amount above zero, in whole cents."})
    return Money(int(minor), currency)


class NewCoupon(NewRow):
    label = "New coupon"
    permission = "subscriptions.manage_catalogue"
    form_class = CouponForm

    def explanation(self, seller: Seller) -> str:
        return "What it takes off never changes; another discount is another coupon."

    def perform(self, seller: Seller, answers: dict[str, Any]) -> str:
        coupon = create_coupon(
            merchant_id=seller.merchant_id,
            coupon_id=answers["form_key"],
            name=answers["name"],
            duration=Duration(answers["duration"]),
            duration_in_months=answers["duration_in_months"],
            percent_off=answers["percent_off"],
            amount_off=answers.get("money"),
            max_redemptions=answers["max_redemptions"],
            custom_id=answers["custom_id"],
            may_exist=True,
        )
        return f"The coupon is made: {off_words(coupon)}."


class PromotionCodeForm(ActionForm):
    code = text_field(required=False, max_length=200, help_text="Empty: one is made up.")
    max_redemptions = whole_field(required=False, label="At most this often")
    first_time_transaction = forms.BooleanField(
        required=False, label="Only on a customer's first invoice", widget=UnfoldBooleanSwitchWidget
    )


class NewPromotionCode(ActionView):
    verb = "code"
    label = "New code"
    permission = "subscriptions.manage_catalogue"
    form_class = PromotionCodeForm

    @classmethod
    def refusal(cls, coupon: Coupon) -> str:
        return "The coupon is deleted." if coupon.deleted_at else ""

    def perform(self, coupon: Coupon, answers: dict[str, Any]) -> str:
        code = create_promotion_code(
            merchant_id=coupon.merchant_id,
            promotion_code_id=answers["form_key"],
            coupon_id=coupon.id,
            code=answers["code"],
            max_redemptions=answers["max_redemptions"],
            first_time_transaction=answers["first_time_transaction"],
            may_exist=True,
        )
        return f"The code is {code.code}."


class DeleteCoupon(SwitchRow):
    verb = "archive"
    label = "Delete"
    tone = "danger"
    permission = "subscriptions.manage_catalogue"

    @classmethod
    def applies(cls, coupon: Coupon) -> bool:
        return coupon.deleted_at is None

    def explanation(self, coupon: Coupon) -> str:
        return "Nobody can redeem it any more. Those who have it keep it."

    def perform(self, coupon: Coupon, answers: dict[str, Any]) -> str:
        delete_coupon(merchant_id=coupon.merchant_id, coupon_id=coupon.id)
        return "The coupon is deleted."


class DeletedFilter(SelectFilter):
    title = "state"
    parameter_name = "deleted"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "Can be redeemed"), ("yes", "Deleted")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in ("yes", "no"):
            return queryset.filter(deleted_at__isnull=self.value() == "no")
        return queryset


@admin.register(Coupon)
class CouponAdmin(SimpleHistoryAdmin, CatalogueAdmin):
    list_display = ("words", "off", "redeemed", "state", "merchant_name", "created")
    list_select_related = ("merchant",)
    list_filter = (DeletedFilter, fixed_filter("duration", [(d.value, words) for d, words in DURATIONS]))
    search_fields = ("custom_id__exact", "name__iexact")
    search_help_text = "The whole id or name"
    fields = ("words", "shown_id_words", "off", "redeemed", "redeem_by", "codes", "state", "created")
    new_view = NewCoupon
    action_views: ClassVar = [NewPromotionCode, DeleteCoupon]

    def found_words(self, coupon: Coupon) -> tuple[str, str]:
        return f"Coupon {self.words(coupon)}", off_words(coupon)

    @admin.display(description="coupon")
    def words(self, coupon: Coupon) -> str:
        return coupon.name or coupon.shown_id

    @admin.display(description="id")
    def shown_id_words(self, coupon: Coupon) -> str:
        return mono(coupon.shown_id)

    @admin.display(description="takes off")
    def off(self, coupon: Coupon) -> str:
        return off_words(coupon)

    @admin.display(description="redeemed")
    def redeemed(self, coupon: Coupon) -> str:
        most = f" of {coupon.max_redemptions:,}" if coupon.max_redemptions else ""
        return f"{coupon.times_redeemed:,}{most}"

    @admin.display(description="redeem by")
    def redeem_by(self, coupon: Coupon) -> str:
        return instant(coupon.redeem_by_at)

    @admin.display(description="codes")
    def codes(self, coupon: Coupon) -> str:
        rows = PromotionCode.objects.for_merchant(coupon.merchant_id).filter(coupon_id=coupon.id)
        return ", ".join(code.code for code in rows.order_by("-id")[:50]) or NOTHING

    @admin.display(description="state")
    def state(self, coupon: Coupon) -> str:
        return badge("Deleted", "calm") if coupon.deleted_at else badge("Can be redeemed", "good")

    @admin.display(description="made")
    def created(self, coupon: Coupon) -> str:
        return instant(coupon.created_at)


class StopCode(SwitchRow):
    verb = "archive"
    label = "Switch off"
    permission = "subscriptions.manage_catalogue"

    @classmethod
    def applies(cls, code: PromotionCode) -> bool:
        return code.is_active

    def perform(self, code: PromotionCode, answers: dict[str, Any]) -> str:
        update_promotion_code(merchant_id=code.merchant_id, promotion_code_id=code.id, is_active=False)
        return "The code is off."


class StartCode(SwitchRow):
    verb = "offer"
    label = "Switch on"
    permission = "subscriptions.manage_catalogue"

    @classmethod
    def applies(cls, code: PromotionCode) -> bool:
        return not code.is_active

    def perform(self, code: PromotionCode, answers: dict[str, Any]) -> str:
        update_promotion_code(merchant_id=code.merchant_id, promotion_code_id=code.id, is_active=True)
        return "The code is on."


@admin.register(PromotionCode)
class PromotionCodeAdmin(SimpleHistoryAdmin, BackOfficeAdmin):
    list_display = ("code", "off", "redeemed", "state", "expires", "created")
    list_filter = (ActiveFilter, CreatedFilter)
    search_fields = ("code__iexact",)
    search_help_text = "The whole code"
    fields = (
        "code",
        "shown_id",
        "of_coupon",
        "off",
        "redeemed",
        "state",
        "first_time_transaction",
        "expires",
    )
    action_views: ClassVar = [StopCode, StartCode]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("coupon", "merchant")

    def found_words(self, code: PromotionCode) -> tuple[str, str]:
        return f"Code {code.code}", off_words(code.coupon)

    @admin.display(description="id")
    def shown_id(self, code: PromotionCode) -> str:
        return mono(code.public_id)

    @admin.display(description="of coupon")
    def of_coupon(self, code: PromotionCode) -> str:
        return page_link("coupon", code.coupon_id)

    @admin.display(description="takes off")
    def off(self, code: PromotionCode) -> str:
        return off_words(code.coupon)

    @admin.display(description="redeemed")
    def redeemed(self, code: PromotionCode) -> str:
        most = f" of {code.max_redemptions:,}" if code.max_redemptions else ""
        return f"{code.times_redeemed:,}{most}"

    @admin.display(description="state")
    def state(self, code: PromotionCode) -> str:
        return active_badge(code.is_active)

    @admin.display(description="expires")
    def expires(self, code: PromotionCode) -> str:
        return instant(code.expires_at)

    @admin.display(description="made")
    def created(self, code: PromotionCode) -> str:
        return instant(code.created_at)
