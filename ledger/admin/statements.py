"""Statements and their lines: what PSPs and banks said, each line beside the entries it was matched with."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from unfold.admin import TabularInline

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import NOTHING, badge, instant, json_block, mono
from foundation.backoffice.filters import CreatedFilter, SelectFilter, fixed_filter
from foundation.ids import PublicIdInvalid, decode_id
from ledger.admin.reconciling import line_amount
from ledger.models import ReconciliationBreak, Source, Statement, StatementLine, UnreadLine
from ledger.reconciliation.movements import MOVEMENTS
from ledger.reconciliation.queries.matches import list_matches_of_line


class UnreadLines(TabularInline):
    """What could not be read of a file, and why."""

    model = UnreadLine
    fields = readonly_fields = ("line_number", "reason", "text")
    extra = max_num = 0
    per_page = 25
    verbose_name_plural = "unread lines"
    ordering = ("line_number",)

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission


@admin.register(Statement)
class StatementAdmin(BackOfficeAdmin):
    list_display = (
        "file_name",
        "format",
        "psp_account",
        "counts",
        "unread",
        "covers",
        "created",
        "merchant_name",
    )
    list_select_related = ("merchant",)
    list_filter = (fixed_filter("format", list(Statement.Format.choices)), CreatedFilter)
    fields = (
        "counts",
        "shown_lines",
        "unread",
        "covers",
        "balances",
        "file_name",
        "format",
        "psp_account",
        "merchant",
        "imported_by",
        "created",
        "digest",
        "shown_id",
    )
    inlines = (UnreadLines,)

    @admin.display(description="id")
    def shown_id(self, statement: Statement) -> str:
        return mono(statement.public_id)

    @admin.display(description="lines")
    def counts(self, statement: Statement) -> str:
        known = f", {statement.lines_known:,} known before" if statement.lines_known else ""
        return f"{statement.lines_stored:,} new{known}"

    @admin.display(description="unread")
    def unread(self, statement: Statement) -> str:
        return badge(f"{statement.lines_unread:,} unread", "warn") if statement.lines_unread else NOTHING

    @admin.display(description="covers")
    def covers(self, statement: Statement) -> str:
        return format_html("{} – {}", instant(statement.covers_from_at), instant(statement.covers_until_at))

    @admin.display(description="stated balances")
    def balances(self, statement: Statement) -> str:
        return json_block(statement.stated_balances)

    @admin.display(description="SHA-256")
    def digest(self, statement: Statement) -> str:
        return mono(statement.file_sha256)

    @admin.display(description="imported")
    def created(self, statement: Statement) -> str:
        return instant(statement.created_at)

    @admin.display(description="its lines")
    def shown_lines(self, statement: Statement) -> str:
        address = reverse("admin:ledger_statementline_changelist")
        return format_html(
            '<a class="bo-link" href="{}?q={}">Show the lines</a>', address, statement.public_id
        )


class BrokenFilter(SelectFilter):
    """What is not matched is in a break, once a run has looked at it: breaks are few, and matches are not."""

    title = "matched"
    parameter_name = "matched"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "In an open break")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() != "no":
            return queryset
        broken = ReconciliationBreak.across_merchants.filter(resolved_at__isnull=True, line__isnull=False)
        broken = broken.exclude(status=ReconciliationBreak.Status.WRITTEN_OFF)
        return queryset.filter(pk__in=broken.values("line_id"))


@admin.register(StatementLine)
class StatementLineAdmin(BackOfficeAdmin):
    list_display = ("shown_key", "kind", "shown_reference", "net", "occurred", "psp_account", "source")
    list_filter = (
        fixed_filter("kind", [(name, name.replace("_", " ").capitalize()) for name in MOVEMENTS]),
        fixed_filter("source", list(Source.choices)),
        BrokenFilter,
    )
    search_fields = ("reference__exact",)
    search_help_text = "A whole reference (ch_…, re_…, po_…), or the id of a statement"
    fields = (
        "net",
        "gross",
        "fee",
        "original",
        "entries",
        "shown_breaks",
        "kind",
        "shown_reference",
        "order_reference",
        "payout_reference",
        "description",
        "occurred",
        "available",
        "source",
        "psp_account",
        "statement_link",
        "line_number",
        "shown_key",
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        statement = statement_named(search_term)
        if statement is not None:
            return queryset.filter(statement_id=statement), False
        return super().get_search_results(request, queryset, search_term)

    @admin.display(description="line")
    def shown_key(self, line: StatementLine) -> str:
        return mono(line.line_key)

    @admin.display(description="reference")
    def shown_reference(self, line: StatementLine) -> str:
        return mono(line.reference)

    @admin.display(description="statement")
    def statement_link(self, line: StatementLine) -> str:
        address = reverse("admin:ledger_statement_change", args=[line.statement_id])
        return format_html('<a class="bo-link" href="{}">{}</a>', address, line.statement.public_id)

    @admin.display(description="gross")
    def gross(self, line: StatementLine) -> str:
        return line_amount(line.gross_minor, line.currency)

    @admin.display(description="fee")
    def fee(self, line: StatementLine) -> str:
        return line_amount(line.fee_minor, line.currency)

    @admin.display(description="net")
    def net(self, line: StatementLine) -> str:
        return line_amount(line.net_minor, line.currency)

    @admin.display(description="in another currency")
    def original(self, line: StatementLine) -> str:
        if line.original_minor is None:
            return NOTHING
        shown = line_amount(line.original_minor, line.original_currency)
        return f"{shown} at {line.exchange_rate.normalize():f}" if line.exchange_rate else shown

    @admin.display(description="occurred")
    def occurred(self, line: StatementLine) -> str:
        return instant(line.occurred_at)

    @admin.display(description="available")
    def available(self, line: StatementLine) -> str:
        return instant(line.available_at)

    @admin.display(description="matched with")
    def entries(self, line: StatementLine) -> str:
        matches = [
            (reverse("admin:ledger_journalentry_change", args=[m.entry_id]), m.entry.reference, m.rule)
            for m in list_matches_of_line(line.merchant_id, line.id)
        ]
        return (
            format_html_join("", '<div><a class="bo-link" href="{}">{}</a> by {}</div>', matches) or NOTHING
        )

    @admin.display(description="breaks")
    def shown_breaks(self, line: StatementLine) -> str:
        breaks = [
            (reverse("admin:ledger_reconciliationbreak_change", args=[b.pk]), b.get_kind_display())
            for b in line.breaks.order_by("id")[:20]
        ]
        return format_html_join("", '<div><a class="bo-link" href="{}">{}</a></div>', breaks) or NOTHING


def statement_named(text: str) -> UUID | None:
    """The id in stmt_…; None for any other text."""
    try:
        return decode_id(Statement.public_prefix, text.strip())
    except PublicIdInvalid:
        return None
