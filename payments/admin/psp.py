"""PSP accounts (their secrets are sealed and never shown) and the inbox of what PSPs told us."""

from __future__ import annotations

import json
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from simple_history.admin import SimpleHistoryAdmin

from foundation import ids
from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import NOTHING, badge, instant, json_block, link, mono
from foundation.backoffice.filters import CreatedFilter, SelectFilter
from payments.admin.breakers import SwitchBreaker
from payments.admin.replaying import ReplayWebhook, ReplayWebhooks
from payments.models import PaymentIntent, PspAccount, PspWebhook


@admin.register(PspAccount)
class PspAccountAdmin(SimpleHistoryAdmin, BackOfficeAdmin):
    list_display = (
        "name",
        "psp",
        "merchant_name",
        "state",
        "priority",
        "currency_words",
        "deadline",
        "created",
    )
    list_select_related = ("merchant",)
    action_views: ClassVar = [SwitchBreaker, ReplayWebhooks]
    # Named one by one: a new column of secrets does not appear by itself.
    fields = (
        "name",
        "shown_id",
        "merchant_name",
        "psp",
        "state",
        "priority",
        "currency_words",
        "base_url",
        "deadline",
        "maximum_report_delay_seconds",
        "idempotency_window_seconds",
        "authorization_days",
        "settlement_days",
        "settings_json",
        "created",
    )

    @admin.display(description="id")
    def shown_id(self, account: PspAccount) -> str:
        return mono(account.public_id)

    @admin.display(description="state")
    def state(self, account: PspAccount) -> str:
        return badge("Active", "good") if account.is_active else badge("Off", "calm")

    @admin.display(description="currencies")
    def currency_words(self, account: PspAccount) -> str:
        return ", ".join(code.upper() for code in account.currencies) or "all"

    @admin.display(description="deadline")
    def deadline(self, account: PspAccount) -> str:
        return f"{account.deadline_seconds} s"

    @admin.display(description="settings")
    def settings_json(self, account: PspAccount) -> str:
        return json_block(account.settings)

    @admin.display(description="created")
    def created(self, account: PspAccount) -> str:
        return instant(account.created_at)


# What came of a webhook (operations/handle_psp_webhook.py), in words with a tone.
RESULTS = {
    "known": ("Known already", "good"),
    "recorded": ("Recorded", "good"),
    "asked": ("PSP asked", "good"),
    "unmatched": ("No such payment", "warn"),
    "not_ours": ("Nothing for us", "calm"),
}


class HandledFilter(SelectFilter):
    title = "handled"
    parameter_name = "handled"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "Not handled yet"), ("yes", "Handled")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() not in ("no", "yes"):
            return queryset
        return queryset.filter(handled_at__isnull=self.value() == "no")


class ReceivedFilter(CreatedFilter):
    field = "received_at"


@admin.register(PspWebhook)
class PspWebhookAdmin(BackOfficeAdmin):
    action_views: ClassVar = [ReplayWebhook]
    list_display = ("event_type", "account", "state", "lag", "payment", "received")
    list_select_related = ("psp_account",)
    list_filter = (HandledFilter, ReceivedFilter)
    search_fields = ("event_id__exact",)
    reference_fields = ("event_id",)
    search_help_text = "The PSP's event id"
    fields = (
        "event_type",
        "event_code",
        "account",
        "reference",
        "payment",
        "state",
        "error",
        "received",
        "handled",
        "body_json",
        "headers_json",
    )

    @admin.display(description="event id")
    def event_code(self, webhook: PspWebhook) -> str:
        return mono(webhook.event_id)

    @admin.display(description="PSP account")
    def account(self, webhook: PspWebhook) -> str:
        return webhook.psp_account.name

    @admin.display(description="state")
    def state(self, webhook: PspWebhook) -> str:
        if webhook.error:
            return badge("Error", "bad")
        if webhook.handled_at is None:
            return badge("Waiting", "wait")
        return badge(*RESULTS.get(webhook.result, ("Handled", "good")))

    @admin.display(description="lag")
    def lag(self, webhook: PspWebhook) -> str:
        if webhook.handled_at is None:
            return "–"
        return f"{(webhook.handled_at - webhook.received_at).total_seconds():.1f} s"

    @admin.display(description="payment")
    def payment(self, webhook: PspWebhook) -> str:
        if webhook.payment_intent_id is None:
            return NOTHING
        address = reverse("admin:payments_paymentintent_change", args=[webhook.payment_intent_id])
        return link(ids.encode_id(PaymentIntent.public_prefix, webhook.payment_intent_id), address)

    @admin.display(description="the PSP's reference")
    def reference(self, webhook: PspWebhook) -> str:
        return mono(webhook.psp_reference)

    @admin.display(description="received")
    def received(self, webhook: PspWebhook) -> str:
        return instant(webhook.received_at)

    @admin.display(description="handled")
    def handled(self, webhook: PspWebhook) -> str:
        return instant(webhook.handled_at)

    @admin.display(description="body")
    def body_json(self, webhook: PspWebhook) -> str:
        try:
            return json_block(json.loads(webhook.body))
        except ValueError:
            return json_block(webhook.body)

    @admin.display(description="headers")
    def headers_json(self, webhook: PspWebhook) -> str:
        return json_block(webhook.headers)
