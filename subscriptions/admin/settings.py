"""How merchants bill: one page per merchant, changed by a form that says why."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.http import HttpRequest, HttpResponse
from simple_history.admin import SimpleHistoryAdmin
from unfold.widgets import UnfoldAdminSelectWidget

from foundation.backoffice.forms import ReasonedForm
from foundation.backoffice.views import ActionView
from subscriptions.admin.creating import CatalogueAdmin, NewRow, Seller, whole_field
from subscriptions.models import BillingSettings, TaxFallback, TaxSource
from subscriptions.operations.update_billing_settings import update_billing_settings
from subscriptions.revenue import Pace
from subscriptions.taxes import TaxRounding

PACES = [
    (Pace.MONTHLY.value, "By the month, for what covers a later month"),
    (Pace.DAILY.value, "By the day"),
    (Pace.AT_ONCE.value, "At once, when the invoice is final"),
]
ROUNDINGS = [
    (TaxRounding.LINE.value, "On each line"),
    (TaxRounding.INVOICE.value, "Once on the invoice"),
]
CHANGED = (
    "revenue_pace",
    "tax_source",
    "tax_fallback",
    "tax_rounding",
    "days_until_due",
)


def _choice(label: str, choices: list[Any]) -> forms.ChoiceField:
    return forms.ChoiceField(label=label, choices=choices, widget=UnfoldAdminSelectWidget)


class SettingsForm(ReasonedForm):
    revenue_pace = _choice("Revenue is earned", PACES)
    tax_source = _choice("Taxes are", list(TaxSource.choices))
    tax_fallback = _choice("When the tax service does not answer", list(TaxFallback.choices))
    tax_rounding = _choice("Taxes are rounded", ROUNDINGS)
    days_until_due = whole_field(label="Days to pay an invoice that is sent", max_value=365)
    field_order = (*CHANGED, "reason")


class NewSettings(NewRow):
    label = "Settings"
    permission = "subscriptions.manage_catalogue"
    form_class = ReasonedForm

    def explanation(self, seller: Seller) -> str:
        return "Billing begins with the usual settings; each can be changed on its page."

    def perform(self, seller: Seller, answers: dict[str, Any]) -> str:
        update_billing_settings(merchant_id=seller.merchant_id)
        return "The settings are there to be changed."


class ChangeSettings(ActionView):
    verb = "change_settings"
    label = "Change"
    tone = "plain"
    permission = "subscriptions.manage_catalogue"
    form_class = SettingsForm

    def get(self, request: HttpRequest, object_id: str) -> HttpResponse:
        settings: Any = self._permitted_object(request, object_id)
        known = {name: getattr(settings, name) for name in CHANGED}
        return self._page(request, settings, SettingsForm(initial=known))

    def explanation(self, settings: BillingSettings) -> str:
        return "Invoices that are final stay as they are; what is deferred already keeps its pace."

    def perform(self, settings: BillingSettings, answers: dict[str, Any]) -> str:
        update_billing_settings(merchant_id=settings.merchant_id, **{name: answers[name] for name in CHANGED})
        return "The settings are changed."


@admin.register(BillingSettings)
class BillingSettingsAdmin(SimpleHistoryAdmin, CatalogueAdmin):
    list_display = ("merchant_name", "earned", "taxes", "rounded", "days_until_due")
    list_select_related = ("merchant",)
    fields = ("merchant_name", "earned", "taxes", "instead", "rounded", "numbered", "days_until_due")
    new_view = NewSettings
    action_views: ClassVar = [ChangeSettings]

    @admin.display(description="revenue is earned")
    def earned(self, settings: BillingSettings) -> str:
        return dict(PACES)[settings.revenue_pace]

    @admin.display(description="taxes are")
    def taxes(self, settings: BillingSettings) -> str:
        return settings.get_tax_source_display()  # type: ignore[no-any-return,attr-defined]

    @admin.display(description="without an answer")
    def instead(self, settings: BillingSettings) -> str:
        return settings.get_tax_fallback_display()  # type: ignore[no-any-return,attr-defined]

    @admin.display(description="taxes are rounded")
    def rounded(self, settings: BillingSettings) -> str:
        return dict(ROUNDINGS)[settings.tax_rounding]

    @admin.display(description="numbers")
    def numbered(self, settings: BillingSettings) -> str:
        return f"{settings.get_numbering_display()}, {settings.invoice_prefix}"  # type: ignore[attr-defined]
