"""The stream of events, to read."""

from __future__ import annotations

from django.contrib import admin

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import instant, json_block, mono
from foundation.backoffice.filters import CreatedFilter
from foundation.backoffice.links import page_link
from foundation.events.models import Event


@admin.register(Event)
class EventAdmin(BackOfficeAdmin):
    list_display = ("type", "object_page", "actor_words", "merchant_name", "created")
    list_select_related = ("merchant",)
    list_filter = (CreatedFilter,)
    search_fields = ("type__exact",)
    search_help_text = "Type, such as refund.updated"
    fields = (
        "type",
        "shown_id",
        "merchant_name",
        "object_page",
        "created",
        "actor_words",
        "request_id",
        "trace_id",
        "idempotency_key",
        "api_version",
        "data_json",
        "previous_json",
    )

    @admin.display(description="id")
    def shown_id(self, event: Event) -> str:
        return mono(event.public_id)

    @admin.display(description="of")
    def object_page(self, event: Event) -> str:
        return page_link(event.object_type, event.object_id)

    @admin.display(description="time")
    def created(self, event: Event) -> str:
        return instant(event.created_at)

    @admin.display(description="as it was then")
    def data_json(self, event: Event) -> str:
        return json_block(event.data)

    @admin.display(description="before")
    def previous_json(self, event: Event) -> str:
        return json_block(event.previous_attributes)
