"""Products: what is sold, with their prices on one page."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from simple_history.admin import SimpleHistoryAdmin
from unfold.widgets import UnfoldAdminTextareaWidget

from foundation.backoffice.display import badge, instant, mono
from foundation.backoffice.filters import CreatedFilter, SelectFilter
from foundation.backoffice.forms import ActionForm
from foundation.backoffice.views import ActionView
from subscriptions.admin.creating import CatalogueAdmin, NewRow, Seller, SwitchRow, text_field
from subscriptions.admin.price_actions import NewPrice
from subscriptions.admin.words import amount_words
from subscriptions.models import Product
from subscriptions.operations.create_product import create_product
from subscriptions.operations.update_product import update_product
from subscriptions.queries.catalogue import list_prices

PRICES_SHOWN = 100


class ActiveFilter(SelectFilter):
    """Whether it is still offered."""

    title = "offered"
    parameter_name = "active"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Offered"), ("no", "Archived")]

    def queryset(self, request: HttpRequest, queryset: Any) -> Any:
        return queryset.filter(is_active=self.value() == "yes") if self.value() in ("yes", "no") else queryset


def active_badge(is_active: bool) -> str:
    return badge("Offered", "good") if is_active else badge("Archived", "calm")


class ProductForm(ActionForm):
    name = text_field()
    description = forms.CharField(
        required=False, max_length=1000, widget=UnfoldAdminTextareaWidget(attrs={"rows": 2})
    )
    unit_label = text_field(
        required=False, max_length=40, label="What one of it is called", help_text="Such as seat."
    )


class NewProduct(NewRow):
    label = "New product"
    permission = "subscriptions.manage_catalogue"
    form_class = ProductForm

    def perform(self, seller: Seller, answers: dict[str, Any]) -> str:
        product = create_product(
            merchant_id=seller.merchant_id,
            product_id=answers["form_key"],
            name=answers["name"],
            description=answers["description"],
            unit_label=answers["unit_label"],
            may_exist=True,
        )
        return f"{product.name} is made. Give it a price."


class RenameProduct(ActionView):
    verb = "rename"
    label = "Change words"
    tone = "plain"
    permission = "subscriptions.manage_catalogue"
    form_class = ProductForm

    def get(self, request: HttpRequest, object_id: str) -> HttpResponse:
        product: Any = self._permitted_object(request, object_id)
        known = {name: getattr(product, name) for name in ("name", "description", "unit_label")}
        return self._page(request, product, ProductForm(initial=known))

    def explanation(self, product: Product) -> str:
        return "Invoices that are final keep the words they have."

    def perform(self, product: Product, answers: dict[str, Any]) -> str:
        update_product(
            merchant_id=product.merchant_id,
            product_id=product.id,
            name=answers["name"],
            description=answers["description"],
            unit_label=answers["unit_label"],
        )
        return "The words are changed."


class ArchiveProduct(SwitchRow):
    verb = "archive"
    label = "Archive"
    permission = "subscriptions.manage_catalogue"

    @classmethod
    def applies(cls, product: Product) -> bool:
        return product.is_active

    def explanation(self, product: Product) -> str:
        return "It is not offered to new customers. Those who have it keep it."

    def perform(self, product: Product, answers: dict[str, Any]) -> str:
        update_product(merchant_id=product.merchant_id, product_id=product.id, is_active=False)
        return "The product is archived."


class OfferProduct(SwitchRow):
    verb = "offer"
    label = "Offer again"
    permission = "subscriptions.manage_catalogue"

    @classmethod
    def applies(cls, product: Product) -> bool:
        return not product.is_active

    def perform(self, product: Product, answers: dict[str, Any]) -> str:
        update_product(merchant_id=product.merchant_id, product_id=product.id, is_active=True)
        return "The product is offered again."


@admin.register(Product)
class ProductAdmin(SimpleHistoryAdmin, CatalogueAdmin):
    list_display = ("name", "state", "shown_id", "merchant_name", "created")
    list_select_related = ("merchant",)
    list_filter = (ActiveFilter, CreatedFilter)
    search_fields = ("name__iexact",)
    search_help_text = "The whole name"
    fields = (
        "name",
        "shown_id",
        "merchant_name",
        "state",
        "description",
        "unit_label",
        "tax_code",
        "created",
    )
    new_view = NewProduct
    action_views: ClassVar = [NewPrice, RenameProduct, ArchiveProduct, OfferProduct]

    def found_words(self, product: Product) -> tuple[str, str]:
        return f"Product {product.name}", product.public_id

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        product = kwargs.get("obj")
        if product is not None:
            rows = list_prices(merchant_id=product.merchant_id).filter(product_id=product.id)
            context["prices"] = [
                (
                    reverse("admin:subscriptions_price_change", args=[price.pk]),
                    amount_words(price),
                    price.nickname,
                    active_badge(price.is_active),
                )
                for price in rows.select_related("product").order_by("-is_active", "-id")[:PRICES_SHOWN]
            ]
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="id")
    def shown_id(self, product: Product) -> str:
        return mono(product.public_id)

    @admin.display(description="state")
    def state(self, product: Product) -> str:
        return active_badge(product.is_active)

    @admin.display(description="made")
    def created(self, product: Product) -> str:
        return instant(product.created_at)
