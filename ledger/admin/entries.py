"""Entries: the journal, newest first, and a page with the lines of one entry."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html, format_html_join
from unfold.admin import TabularInline

from foundation import clock
from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import NOTHING, instant, mono
from foundation.backoffice.filters import CreatedFilter
from foundation.backoffice.links import page_link
from foundation.ids import first_id_at
from ledger.admin.adjusting import ReverseEntry
from ledger.admin.adjustments import entry_link
from ledger.admin.words import credit_words, debit_words, exchange_words, kind_words
from ledger.models import JournalEntry, Posting
from ledger.queries.exchanges import exchanges_of_entries
from ledger.reconciliation.queries.matches import list_matches_of_entry


class RecordedFilter(CreatedFilter):
    """By the day an entry was recorded, read from its UUIDv7: the key's own index serves it."""

    title = "recorded"

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        bounds = self._bounds(timezone.localtime(clock.now()))
        if bounds is None:
            return queryset
        start, end = bounds
        return queryset.filter(id__gte=first_id_at(start), id__lt=first_id_at(end))


class Lines(TabularInline):
    """An entry's postings, in the order they were written."""

    model = Posting
    verbose_name_plural = "lines"
    empty_value_display = ""
    fields = readonly_fields = ("account_link", "debit", "credit")
    extra = 0
    hide_title = True
    ordering = ("line",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Posting]:
        return super().get_queryset(request).select_related("account")

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return request.user.has_perm("ledger.view_journalentry")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission

    @admin.display(description="account")
    def account_link(self, posting: Posting) -> str:
        address = reverse("admin:ledger_ledgeraccount_change", args=[posting.account_id])
        return format_html('<a class="bo-link" href="{}">{}</a>', address, posting.account.path)

    @admin.display(description="debit")
    def debit(self, posting: Posting) -> str:
        return debit_words(posting)

    @admin.display(description="credit")
    def credit(self, posting: Posting) -> str:
        return credit_words(posting)


@admin.register(JournalEntry)
class JournalEntryAdmin(BackOfficeAdmin):
    list_display = ("shown_kind", "source", "recorded", "actor_words", "merchant_name", "shown_reference")
    list_filter = (RecordedFilter,)
    search_fields = ("reference__exact",)
    search_help_text = "The whole reference, such as capture:cap_…"
    ordering = ("-id",)
    inlines = (Lines,)
    action_views: ClassVar = [ReverseEntry]
    fields = (
        "shown_id",
        "merchant_name",
        "shown_kind",
        "full_reference",
        "description",
        "effective",
        "recorded",
        "source",
        "psp_reference",
        "reversed_entry",
        "exchanged",
        "matched_lines",
        "actor_words",
        "request_id",
        "trace_id",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("merchant", "reverses")

    @admin.display(description="reference")
    def shown_reference(self, entry: JournalEntry) -> str:
        return mono(entry.reference)

    @admin.display(description="reference")
    def full_reference(self, entry: JournalEntry) -> str:
        return mono(entry.reference)

    @admin.display(description="kind")
    def shown_kind(self, entry: JournalEntry) -> str:
        return kind_words(entry.kind)

    @admin.display(description="reference at the PSP")
    def psp_reference(self, entry: JournalEntry) -> str:
        return mono(entry.external_reference)

    @admin.display(description="id")
    def shown_id(self, entry: JournalEntry) -> str:
        return mono(entry.public_id)

    @admin.display(description="effective")
    def effective(self, entry: JournalEntry) -> str:
        return instant(entry.effective_at)

    @admin.display(description="recorded")
    def recorded(self, entry: JournalEntry) -> str:
        return instant(entry.recorded_at)

    @admin.display(description="of")
    def source(self, entry: JournalEntry) -> str:
        return page_link(entry.source_kind, entry.source_id)

    @admin.display(description="reverses")
    def reversed_entry(self, entry: JournalEntry) -> str:
        return entry_link(entry.reverses)

    @admin.display(description="exchanges")
    def exchanged(self, entry: JournalEntry) -> str:
        kept = exchanges_of_entries(entry.merchant_id, [entry.id]).get(entry.id, [])
        return (
            format_html_join("", "<div>{}</div>", [(exchange_words(exchange),) for exchange in kept])
            or NOTHING
        )

    @admin.display(description="statement lines")
    def matched_lines(self, entry: JournalEntry) -> str:
        lines = [
            (
                reverse("admin:ledger_statementline_change", args=[m.line_id]),
                m.line.line_key,
                m.source,
                m.rule,
            )
            for m in list_matches_of_entry(entry.merchant_id, entry.id)
        ]
        link = '<div><a class="bo-link bo-mono" href="{}">{}</a> of the {} by {}</div>'
        return format_html_join("", link, lines) or NOTHING
