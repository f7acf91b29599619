"""Tax rates that were set by hand. A percentage never changes: another one is another rate."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from simple_history.admin import SimpleHistoryAdmin
from unfold.widgets import UnfoldAdminSelectWidget

from foundation.backoffice.display import instant, mono
from foundation.backoffice.forms import ActionForm
from subscriptions.admin.creating import (
    CatalogueAdmin,
    NewRow,
    Seller,
    SwitchRow,
    decimal_field,
    text_field,
)
from subscriptions.admin.products import ActiveFilter, active_badge
from subscriptions.admin.words import quantity_words
from subscriptions.models import TaxRate
from subscriptions.operations.create_tax_rate import create_tax_rate
from subscriptions.operations.update_tax_rate import update_tax_rate


class TaxRateForm(ActionForm):
    display_name = text_field(max_length=50, label="Name", help_text="Such as VAT; customers read it.")
    percentage = decimal_field(decimal_places=4, max_digits=7, max_value=100)
    inclusive = forms.ChoiceField(
        choices=[("no", "On top of the amounts"), ("yes", "Contained in the amounts")],
        label="The tax is",
        widget=UnfoldAdminSelectWidget,
    )
    jurisdiction = text_field(required=False, max_length=50)
    country = text_field(required=False, max_length=2, help_text="Two letters, such as DE.")


class NewTaxRate(NewRow):
    label = "New tax rate"
    permission = "subscriptions.manage_catalogue"
    form_class = TaxRateForm

    def perform(self, seller: Seller, answers: dict[str, Any]) -> str:
        rate = create_tax_rate(
            merchant_id=seller.merchant_id,
            tax_rate_id=answers["form_key"],
            display_name=answers["display_name"],
            percentage=answers["percentage"],
            inclusive=answers["inclusive"] == "yes",
            jurisdiction=answers["jurisdiction"],
            country=answers["country"].upper(),
            may_exist=True,
        )
        return f"{rate.display_name} is made."


class ArchiveTaxRate(SwitchRow):
    verb = "archive"
    label = "Archive"
    permission = "subscriptions.manage_catalogue"

    @classmethod
    def applies(cls, rate: TaxRate) -> bool:
        return rate.is_active

    def explanation(self, rate: TaxRate) -> str:
        return "It is not offered for anything new. Where it is in use, it goes on."

    def perform(self, rate: TaxRate, answers: dict[str, Any]) -> str:
        update_tax_rate(merchant_id=rate.merchant_id, tax_rate_id=rate.id, is_active=False)
        return "The rate is archived."


class OfferTaxRate(SwitchRow):
    verb = "offer"
    label = "Offer again"
    permission = "subscriptions.manage_catalogue"

    @classmethod
    def applies(cls, rate: TaxRate) -> bool:
        return not rate.is_active

    def perform(self, rate: TaxRate, answers: dict[str, Any]) -> str:
        update_tax_rate(merchant_id=rate.merchant_id, tax_rate_id=rate.id, is_active=True)
        return "The rate is offered again."


@admin.register(TaxRate)
class TaxRateAdmin(SimpleHistoryAdmin, CatalogueAdmin):
    list_display = ("display_name", "percent", "way", "where", "state", "merchant_name")
    list_select_related = ("merchant",)
    list_filter = (ActiveFilter,)
    search_fields = ("display_name__iexact",)
    search_help_text = "The whole name"
    fields = ("display_name", "shown_id", "percent", "way", "where", "description", "state", "created")
    new_view = NewTaxRate
    action_views: ClassVar = [ArchiveTaxRate, OfferTaxRate]

    def found_words(self, rate: TaxRate) -> tuple[str, str]:
        return f"Tax rate {rate.display_name}", f"{self.percent(rate)} · {self.where(rate)}"

    @admin.display(description="id")
    def shown_id(self, rate: TaxRate) -> str:
        return mono(rate.public_id)

    @admin.display(description="percentage")
    def percent(self, rate: TaxRate) -> str:
        return f"{quantity_words(rate.percentage)} %"

    @admin.display(description="tax is")
    def way(self, rate: TaxRate) -> str:
        return "contained in the amounts" if rate.inclusive else "on top of the amounts"

    @admin.display(description="where")
    def where(self, rate: TaxRate) -> str:
        return ", ".join(part for part in (rate.jurisdiction, rate.state, rate.country) if part) or "anywhere"

    @admin.display(description="status")
    def state(self, rate: TaxRate) -> str:
        return active_badge(rate.is_active)

    @admin.display(description="made")
    def created(self, rate: TaxRate) -> str:
        return instant(rate.created_at)
