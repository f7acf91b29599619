"""The audit trail, to read: who changed which row how. Written by triggers; nobody changes it anywhere."""

from __future__ import annotations

from django.contrib import admin

from foundation.audit.models import AuditEvent
from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import badge, instant, json_block, mono
from foundation.backoffice.filters import CreatedFilter, fixed_filter

OPERATIONS = {"INSERT": ("Added", "good"), "UPDATE": ("Changed", "wait"), "DELETE": ("Deleted", "bad")}


@admin.register(AuditEvent)
class AuditEventAdmin(BackOfficeAdmin):
    list_display = ("at", "what", "table", "row", "actor_words", "columns")
    list_display_links = ("at",)
    list_filter = (
        CreatedFilter,
        fixed_filter("operation", [(key, words) for key, (words, _) in OPERATIONS.items()], title="change"),
    )
    # Exact row or request: the table only grows, and a LIKE over it would never end.
    search_fields = ("row_id__exact",)
    search_help_text = "The row's id"
    fields = (
        "at",
        "what",
        "table",
        "row",
        "actor_words",
        "request_code",
        "trace_id",
        "before_json",
        "after_json",
    )

    @admin.display(description="time")
    def at(self, audit_event: AuditEvent) -> str:
        return instant(audit_event.created_at)

    @admin.display(description="change")
    def what(self, audit_event: AuditEvent) -> str:
        return badge(*OPERATIONS.get(audit_event.operation, (audit_event.operation, "calm")))

    @admin.display(description="table")
    def table(self, audit_event: AuditEvent) -> str:
        return audit_event.table_name.partition("_")[2] or audit_event.table_name

    @admin.display(description="row")
    def row(self, audit_event: AuditEvent) -> str:
        return mono(audit_event.row_id)

    @admin.display(description="columns")
    def columns(self, audit_event: AuditEvent) -> str:
        names = sorted(audit_event.after or audit_event.before or {})
        return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")

    @admin.display(description="request")
    def request_code(self, audit_event: AuditEvent) -> str:
        return mono(audit_event.request_id)

    @admin.display(description="before")
    def before_json(self, audit_event: AuditEvent) -> str:
        return json_block(audit_event.before)

    @admin.display(description="after")
    def after_json(self, audit_event: AuditEvent) -> str:
        return json_block(audit_event.after)
