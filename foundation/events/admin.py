"""The stream of events, to read."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import instant, json_block, mono
from foundation.backoffice.filters import CreatedFilter
from foundation.backoffice.forms import ReasonedForm
from foundation.backoffice.links import page_link
from foundation.backoffice.views import ActionView
from foundation.events.models import Event
from foundation.events.operations.replay_events import replay_events


class ReplayEvent(ActionView):
    verb = "replay"
    label = "Tell our own handlers again"
    permission = "foundation.replay_event"
    form_class = ReasonedForm

    def explanation(self, event: Event) -> str:
        return "Every handler of ours that listens to it hears it once more. Webhooks to the merchant are not sent."

    def perform(self, event: Event, answers: dict[str, Any]) -> str:
        replay = replay_events(event_ids=[event.id])
        return f"{replay.counts.get('jobs', 0)} handlers hear it again."


@admin.register(Event)
class EventAdmin(BackOfficeAdmin):
    action_views: ClassVar = [ReplayEvent]
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
