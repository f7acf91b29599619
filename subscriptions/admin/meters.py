"""Meters: what is counted under one event name, and what was counted lately."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from simple_history.admin import SimpleHistoryAdmin
from unfold.widgets import UnfoldAdminSelectWidget

from foundation.backoffice.display import badge, instant, mono
from foundation.backoffice.filters import SelectFilter
from foundation.backoffice.forms import ActionForm
from subscriptions.admin.creating import CatalogueAdmin, NewRow, Seller, SwitchRow, text_field
from subscriptions.models import Meter
from subscriptions.operations.create_meter import create_meter
from subscriptions.operations.update_meter import update_meter
from subscriptions.pricing import Aggregation

WAYS = [
    (Aggregation.SUM, "The sum of the values"),
    (Aggregation.COUNT, "How many events"),
    (Aggregation.MAX, "The highest value"),
    (Aggregation.LAST, "The last value"),
]


class MeterForm(ActionForm):
    display_name = text_field(label="Name")
    event_name = text_field(max_length=100, help_text="What the shop's system sends, such as api_request.")
    aggregation = forms.ChoiceField(choices=WAYS, label="Becomes", widget=UnfoldAdminSelectWidget)


class NewMeter(NewRow):
    label = "New meter"
    permission = "subscriptions.manage_catalogue"
    form_class = MeterForm

    def perform(self, seller: Seller, answers: dict[str, Any]) -> str:
        meter = create_meter(
            merchant_id=seller.merchant_id,
            meter_id=answers["form_key"],
            display_name=answers["display_name"],
            event_name=answers["event_name"],
            aggregation=answers["aggregation"],
            may_exist=True,
        )
        return f"{meter.display_name} counts."


class StopMeter(SwitchRow):
    verb = "archive"
    label = "Stop counting"
    tone = "danger"
    permission = "subscriptions.manage_catalogue"

    @classmethod
    def applies(cls, meter: Meter) -> bool:
        return meter.deactivated_at is None

    def explanation(self, meter: Meter) -> str:
        return "New events of this name are refused. What was counted is billed as agreed."

    def perform(self, meter: Meter, answers: dict[str, Any]) -> str:
        update_meter(merchant_id=meter.merchant_id, meter_id=meter.id, is_active=False)
        return "It counts no more."


class StartMeter(SwitchRow):
    verb = "offer"
    label = "Count again"
    permission = "subscriptions.manage_catalogue"

    @classmethod
    def applies(cls, meter: Meter) -> bool:
        return meter.deactivated_at is not None

    def perform(self, meter: Meter, answers: dict[str, Any]) -> str:
        update_meter(merchant_id=meter.merchant_id, meter_id=meter.id, is_active=True)
        return "It counts again."


class CountingFilter(SelectFilter):
    title = "state"
    parameter_name = "counting"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Counting"), ("no", "Stopped")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() in ("yes", "no"):
            return queryset.filter(deactivated_at__isnull=self.value() == "yes")
        return queryset


@admin.register(Meter)
class MeterAdmin(SimpleHistoryAdmin, CatalogueAdmin):
    list_display = ("display_name", "event_code", "becomes", "state", "merchant_name")
    list_select_related = ("merchant",)
    list_filter = (CountingFilter,)
    search_fields = ("event_name__exact",)
    search_help_text = "The whole event name"
    fields = (
        "display_name",
        "shown_id",
        "event_code",
        "becomes",
        "customer_key",
        "value_key",
        "state",
        "created",
    )
    new_view = NewMeter
    action_views: ClassVar = [StopMeter, StartMeter]

    @admin.display(description="id")
    def shown_id(self, meter: Meter) -> str:
        return mono(meter.public_id)

    @admin.display(description="event")
    def event_code(self, meter: Meter) -> str:
        return mono(meter.event_name)

    @admin.display(description="becomes")
    def becomes(self, meter: Meter) -> str:
        return dict(WAYS)[Aggregation(meter.aggregation)].lower()

    @admin.display(description="state")
    def state(self, meter: Meter) -> str:
        return badge("Counting", "good") if meter.deactivated_at is None else badge("Stopped", "calm")

    @admin.display(description="made")
    def created(self, meter: Meter) -> str:
        return instant(meter.created_at)
