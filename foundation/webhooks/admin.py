"""Outgoing webhooks: endpoints (never their secrets), deliveries with every try, and sending one again."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from unfold.admin import TabularInline

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import badge, instant, json_block, mono
from foundation.backoffice.filters import CreatedFilter, SelectFilter, fixed_filter
from foundation.backoffice.links import page_link
from foundation.backoffice.views import ActionView
from foundation.webhooks.models import DeliveryAttempt, WebhookDelivery, WebhookEndpoint
from foundation.webhooks.operations.redeliver_webhook import redeliver_webhook

TONES = {"pending": "wait", "succeeded": "good", "failed": "bad"}


class FailingFilter(SelectFilter):
    title = "failing"
    parameter_name = "failing"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("yes", "Only failing")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "yes":
            return queryset
        return queryset.filter(failing_since__isnull=False, deleted_at__isnull=True)


@admin.register(WebhookEndpoint)
class WebhookEndpointAdmin(BackOfficeAdmin):
    list_display = ("url", "merchant_name", "state", "types", "failing", "created")
    list_select_related = ("merchant",)
    list_filter = (fixed_filter("status", WebhookEndpoint.Status.choices), FailingFilter)
    fields = (
        "url",
        "shown_id",
        "merchant_name",
        "state",
        "disabled_reason",
        "types",
        "api_version",
        "description",
        "failing",
        "created",
        "metadata_json",
    )

    @admin.display(description="id")
    def shown_id(self, endpoint: WebhookEndpoint) -> str:
        return mono(endpoint.public_id)

    @admin.display(description="status")
    def state(self, endpoint: WebhookEndpoint) -> str:
        if endpoint.deleted_at is not None:
            return badge("Deleted", "calm")
        return badge(endpoint.get_status_display(), "good" if endpoint.status == "enabled" else "bad")

    @admin.display(description="events")
    def types(self, endpoint: WebhookEndpoint) -> str:
        return "all" if endpoint.enabled_events == ["*"] else ", ".join(endpoint.enabled_events)

    @admin.display(description="failing since")
    def failing(self, endpoint: WebhookEndpoint) -> str:
        return instant(endpoint.failing_since)

    @admin.display(description="created")
    def created(self, endpoint: WebhookEndpoint) -> str:
        return instant(endpoint.created_at)

    @admin.display(description="metadata")
    def metadata_json(self, endpoint: WebhookEndpoint) -> str:
        return json_block(endpoint.metadata)


class TriesInline(TabularInline):
    model = DeliveryAttempt
    fields = readonly_fields = (
        "attempt",
        "status_code",
        "error",
        "latency_ms",
        "response_excerpt",
        "created_at",
    )
    ordering = ("-id",)
    extra = 0
    max_num = 0
    per_page = 25
    verbose_name_plural = "tries"

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission


class Redeliver(ActionView):
    verb = "redeliver"
    label = "Send again"
    permission = "foundation.redeliver_webhook"

    def explanation(self, delivery: WebhookDelivery) -> str:
        return "The receiver hears of this event again, at once and under the same webhook id."

    def perform(self, delivery: WebhookDelivery, answers: dict[str, Any]) -> str:
        redeliver_webhook(merchant_id=delivery.merchant_id, delivery_id=delivery.id)
        return "The delivery is on its way."


@admin.register(WebhookDelivery)
class WebhookDeliveryAdmin(BackOfficeAdmin):
    list_display = (
        "event_type",
        "endpoint_url",
        "state",
        "attempts",
        "last_status_code",
        "next_try",
        "created",
    )
    list_select_related = ("event", "endpoint")
    list_filter = (fixed_filter("status", WebhookDelivery.Status.choices), CreatedFilter)
    fields = (
        "shown_id",
        "merchant_name",
        "event_page",
        "endpoint_url",
        "state",
        "attempts",
        "last_status_code",
        "next_try",
        "created",
        "finished",
    )
    inlines = (TriesInline,)
    action_views: ClassVar = [Redeliver]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        # The event's object is big and the list shows none of it.
        return super().get_queryset(request).defer("event__data", "event__previous_attributes")

    @admin.display(description="id")
    def shown_id(self, delivery: WebhookDelivery) -> str:
        return mono(delivery.public_id)

    @admin.display(description="event")
    def event_type(self, delivery: WebhookDelivery) -> str:
        return delivery.event.type

    @admin.display(description="event")
    def event_page(self, delivery: WebhookDelivery) -> str:
        return format_html("{} {}", delivery.event.type, page_link("event", delivery.event_id))

    @admin.display(description="endpoint")
    def endpoint_url(self, delivery: WebhookDelivery) -> str:
        return delivery.endpoint.url

    @admin.display(description="status")
    def state(self, delivery: WebhookDelivery) -> str:
        return badge(delivery.get_status_display(), TONES[delivery.status])

    @admin.display(description="next try")
    def next_try(self, delivery: WebhookDelivery) -> str:
        return instant(delivery.next_attempt_at)

    @admin.display(description="created")
    def created(self, delivery: WebhookDelivery) -> str:
        return instant(delivery.created_at)

    @admin.display(description="finished")
    def finished(self, delivery: WebhookDelivery) -> str:
        return instant(delivery.finished_at)
