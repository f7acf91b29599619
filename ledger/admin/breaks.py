"""Breaks by kind, age and amount, with what may be done about each."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from foundation import clock
from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import NOTHING, actor_words, badge, instant, mono
from foundation.backoffice.filters import SelectFilter, fixed_filter
from ledger.admin.break_file_pages import break_file_page, download_breaks
from ledger.admin.reconciling import (
    ApproveWriteOff,
    AssignBreak,
    ExplainBreak,
    MatchBreak,
    RefuseWriteOff,
    RequestWriteOff,
    line_amount,
)
from ledger.models import ReconciliationBreak, Source

_STATES = {
    "open": ("Open", "warn"),
    "explained": ("Explained", "calm"),
    "write_off_requested": ("Write-off waits", "wait"),
    "written_off": ("Written off", "bad"),
}
_DAY = timedelta(days=1)


class StateFilter(SelectFilter):
    title = "state"
    parameter_name = "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("open", "Open"), ("waiting", "Write-off waits"), ("ended", "Resolved or written off")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        written_off = ReconciliationBreak.Status.WRITTEN_OFF
        if self.value() == "open":
            return queryset.filter(resolved_at__isnull=True).exclude(status=written_off)
        if self.value() == "waiting":
            waits = ReconciliationBreak.Status.WRITE_OFF_REQUESTED
            return queryset.filter(resolved_at__isnull=True, status=waits)
        if self.value() == "ended":
            still_open = queryset.filter(resolved_at__isnull=True).exclude(status=written_off)
            return queryset.exclude(pk__in=still_open.values("pk"))
        return queryset


class AgeFilter(SelectFilter):
    title = "age"
    parameter_name = "age"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("1", "Older than a day"), ("7", "Older than a week"), ("30", "Older than 30 days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        days = {"1": 1, "7": 7, "30": 30}.get(self.value() or "")
        return queryset.filter(created_at__lt=clock.now() - days * _DAY) if days else queryset


@admin.register(ReconciliationBreak)
class ReconciliationBreakAdmin(BackOfficeAdmin):
    list_display = (
        "shown_kind",
        "state",
        "difference",
        "shown_reference",
        "psp_account",
        "source",
        "age",
        "owner",
        "merchant_name",
    )
    list_select_related = ("merchant",)
    # What is still open first.
    ordering = (F("resolved_at").desc(nulls_first=True), "-id")
    list_filter = (
        StateFilter,
        fixed_filter("kind", list(ReconciliationBreak.Kind.choices)),
        fixed_filter("source", list(Source.choices)),
        AgeFilter,
    )
    search_fields = ("reference__exact",)
    search_help_text = "A whole reference, such as ch_… or re_…"
    list_before_template = "admin/ledger/reconciliationbreak/file_links.html"
    action_views: ClassVar = [
        ExplainBreak,
        MatchBreak,
        AssignBreak,
        RequestWriteOff,
        ApproveWriteOff,
        RefuseWriteOff,
    ]
    fields = (
        "shown_kind",
        "state",
        "difference",
        "at_psp",
        "at_us",
        "shown_reference",
        "line_link",
        "entry_link",
        "owner",
        "explanation",
        "write_off_reason",
        "asked_by",
        "decided_by",
        "write_off_link",
        "psp_account",
        "source",
        "occurred",
        "opened",
        "resolved",
        "merchant",
        "shown_id",
    )

    def get_urls(self) -> list[URLPattern]:
        def within(page: Any) -> Any:
            return self.admin_site.admin_view(lambda request: page(self, request))

        return [
            path("download/", within(download_breaks), name="ledger_reconciliationbreak_download"),
            path("file/", within(break_file_page), name="ledger_reconciliationbreak_file"),
            *super().get_urls(),
        ]

    @admin.display(description="kind")
    def shown_kind(self, found: ReconciliationBreak) -> str:
        return found.get_kind_display()

    @admin.display(description="id")
    def shown_id(self, found: ReconciliationBreak) -> str:
        return mono(found.public_id)

    @admin.display(description="state")
    def state(self, found: ReconciliationBreak) -> str:
        return badge("Resolved", "good") if found.resolved_at else badge(*_STATES[found.status])

    @admin.display(description="difference")
    def difference(self, found: ReconciliationBreak) -> str:
        return line_amount(found.amount_minor, found.currency)

    @admin.display(description="at the PSP or bank")
    def at_psp(self, found: ReconciliationBreak) -> str:
        if found.psp_minor is None:
            return NOTHING
        return line_amount(found.psp_minor, found.line_currency or found.currency)

    @admin.display(description="at us")
    def at_us(self, found: ReconciliationBreak) -> str:
        return NOTHING if found.book_minor is None else line_amount(found.book_minor, found.currency)

    @admin.display(description="reference")
    def shown_reference(self, found: ReconciliationBreak) -> str:
        return mono(found.reference)

    @admin.display(description="age")
    def age(self, found: ReconciliationBreak) -> str:
        days = ((found.resolved_at or clock.now()) - found.created_at).days
        return "today" if days == 0 else f"{days} day{'s' if days > 1 else ''}"

    @admin.display(description="line")
    def line_link(self, found: ReconciliationBreak) -> str:
        return _link("ledger_statementline", found.line_id, "The line of the statement")

    @admin.display(description="entry")
    def entry_link(self, found: ReconciliationBreak) -> str:
        return _link("ledger_journalentry", found.entry_id, "Our entry")

    @admin.display(description="write-off asked for by")
    def asked_by(self, found: ReconciliationBreak) -> str:
        return actor_words(found.write_off_requested_by)

    @admin.display(description="decided by")
    def decided_by(self, found: ReconciliationBreak) -> str:
        return actor_words(found.write_off_decided_by)

    @admin.display(description="written off by")
    def write_off_link(self, found: ReconciliationBreak) -> str:
        return _link("ledger_journalentry", found.write_off_entry_id, "The entry of the write-off")

    @admin.display(description="occurred")
    def occurred(self, found: ReconciliationBreak) -> str:
        return instant(found.occurred_at)

    @admin.display(description="opened")
    def opened(self, found: ReconciliationBreak) -> str:
        return instant(found.created_at)

    @admin.display(description="resolved")
    def resolved(self, found: ReconciliationBreak) -> str:
        return instant(found.resolved_at)


def _link(model: str, row_id: object, words: str) -> str:
    if row_id is None:
        return NOTHING
    return format_html(
        '<a class="bo-link" href="{}">{}</a>', reverse(f"admin:{model}_change", args=[row_id]), words
    )
