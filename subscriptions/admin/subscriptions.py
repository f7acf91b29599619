"""Subscriptions: the list, the page that answers the customer, and the renewals of the hours to come."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path
from simple_history.admin import SimpleHistoryAdmin

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import NOTHING, instant, short_id
from foundation.backoffice.filters import CreatedFilter, SelectFilter, fixed_filter
from subscriptions.admin.load import DueFilter, load_page
from subscriptions.admin.missed_action import SettleMissed
from subscriptions.admin.searching import narrow_to_found
from subscriptions.admin.subscription_actions import (
    ApplyCoupon,
    CancelSubscription,
    ExtendTrial,
    KeepSubscription,
    PauseCollection,
    ResumeCollection,
    ResumeSubscription,
    RetryNow,
)
from subscriptions.admin.subscription_page import page_context
from subscriptions.admin.vat_id_action import SetVatId
from subscriptions.admin.what_if import ChangeItems
from subscriptions.admin.words import SUBSCRIPTION_WORDS, interval_words, subscription_badge
from subscriptions.models import Subscription
from subscriptions.queries.subscription_page import read_subscription_page


class AttentionFilter(SelectFilter):
    title = "attention"
    parameter_name = "attention"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("halted", "Renewing halted"), ("paused", "Collection paused"), ("ending", "Ends by itself")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "halted":
            return queryset.filter(halted_at__isnull=False)
        if self.value() == "paused":
            return queryset.exclude(pause_behavior="")
        if self.value() == "ending":
            return queryset.filter(cancel_at__isnull=False, ended_at__isnull=True)
        return queryset


@admin.register(Subscription)
class SubscriptionAdmin(SimpleHistoryAdmin, BackOfficeAdmin):
    list_display = (
        "shown_id",
        "customer_words",
        "state",
        "every",
        "next_billing",
        "started",
        "currency_code",
    )
    list_filter = (
        fixed_filter("status", [(status, words) for status, (words, _) in SUBSCRIPTION_WORDS.items()]),
        CreatedFilter,
        AttentionFilter,
        DueFilter,
    )
    list_before_template = "admin/subscriptions/subscription/list_links.html"
    search_fields = ("customer__email",)
    search_help_text = "The customer's e-mail"
    fields = ("shown_id",)
    action_views: ClassVar = [
        SettleMissed,
        ChangeItems,
        RetryNow,
        ResumeSubscription,
        ResumeCollection,
        KeepSubscription,
        ExtendTrial,
        ApplyCoupon,
        SetVatId,
        PauseCollection,
        CancelSubscription,
    ]

    def get_urls(self) -> list[URLPattern]:
        page = self.admin_site.admin_view(self.load_view)
        return [path("load/", page, name="subscriptions_subscription_load"), *super().get_urls()]

    def load_view(self, request: HttpRequest) -> HttpResponse:
        return load_page(self, request)

    def find_words(
        self, request: HttpRequest, queryset: QuerySet[Any], words: str
    ) -> tuple[QuerySet[Any], bool]:
        term = words
        if not term:
            return queryset, False
        return narrow_to_found(queryset, {"customer__email__iexact": term}), False

    def found_words(self, subscription: Subscription) -> tuple[str, str]:
        words = SUBSCRIPTION_WORDS[subscription.status][0].lower()
        return f"Subscription · {words}", f"{self.customer_words(subscription)} · {subscription.public_id}"

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        subscription = kwargs.get("obj")
        if subscription is not None:
            context |= page_context(read_subscription_page(subscription), request.user)
        return super().render_change_form(request, context, *args, **kwargs)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.select_related(
            "merchant",
            "latest_invoice",
            "test_clock",
            "default_payment_method",
            "customer__default_payment_method",
        )

    @admin.display(description="subscription")
    def shown_id(self, subscription: Subscription) -> str:
        return short_id(subscription.public_id)

    @admin.display(description="customer")
    def customer_words(self, subscription: Subscription) -> str:
        return subscription.customer.name or subscription.customer.email or NOTHING

    @admin.display(description="status")
    def state(self, subscription: Subscription) -> str:
        return subscription_badge(subscription)

    @admin.display(description="every")
    def every(self, subscription: Subscription) -> str:
        return interval_words(subscription.interval, subscription.interval_count)

    @admin.display(description="bills next")
    def next_billing(self, subscription: Subscription) -> str:
        return instant(subscription.next_billing_at)

    @admin.display(description="since")
    def started(self, subscription: Subscription) -> str:
        return instant(subscription.started_at)

    @admin.display(description="currency")
    def currency_code(self, subscription: Subscription) -> str:
        return subscription.currency.upper()
