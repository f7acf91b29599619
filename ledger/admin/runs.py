"""Reconciliations: what each account tied out to, or by how much it did not."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import TabularInline

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import badge, instant, mono
from foundation.backoffice.filters import CreatedFilter
from ledger.admin.reconciling import line_amount
from ledger.models import ReconciliationRun, ReconciliationTie


class Ties(TabularInline):
    """Per PSP account, source and currency: opening + matched + breaks = closing, and our books beside it."""

    model = ReconciliationTie
    verbose_name_plural = "ties out"
    fields = readonly_fields = (
        "psp_account",
        "source",
        "opening",
        "matched",
        "breaks",
        "closing",
        "book",
        "open_breaks",
        "on_its_way",
        "difference",
    )
    extra = max_num = 0
    per_page = 50
    hide_title = True
    ordering = ("psp_account", "source", "currency")

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    has_change_permission = has_delete_permission = has_add_permission

    @admin.display(description="opening")
    def opening(self, tie: ReconciliationTie) -> str:
        return line_amount(tie.opening_minor, tie.currency)

    @admin.display(description="+ matched")
    def matched(self, tie: ReconciliationTie) -> str:
        return line_amount(tie.matched_minor, tie.currency)

    @admin.display(description="+ in breaks")
    def breaks(self, tie: ReconciliationTie) -> str:
        return line_amount(tie.breaks_minor, tie.currency)

    @admin.display(description="= closing")
    def closing(self, tie: ReconciliationTie) -> str:
        return line_amount(tie.closing_minor, tie.currency)

    @admin.display(description="our books")
    def book(self, tie: ReconciliationTie) -> str:
        return line_amount(tie.book_minor, tie.currency)

    @admin.display(description="+ open breaks")
    def open_breaks(self, tie: ReconciliationTie) -> str:
        return line_amount(tie.open_breaks_minor, tie.currency)

    @admin.display(description="− on its way")
    def on_its_way(self, tie: ReconciliationTie) -> str:
        return line_amount(tie.on_its_way_minor, tie.currency)

    @admin.display(description="ties out")
    def difference(self, tie: ReconciliationTie) -> str:
        if tie.difference_minor == 0:
            return badge("Ties out", "good")
        return badge(f"Off by {line_amount(tie.difference_minor, tie.currency)}", "bad")


@admin.register(ReconciliationRun)
class ReconciliationRunAdmin(BackOfficeAdmin):
    list_display = (
        "as_of",
        "outcome",
        "matched",
        "breaks_open",
        "breaks_opened",
        "breaks_resolved",
        "made",
        "merchant_name",
    )
    list_select_related = ("merchant",)
    list_filter = (CreatedFilter,)
    inlines = (Ties,)
    fields = ("outcome", "as_of", "follows_link", "found", "looked_at", "made", "merchant", "shown_id")

    @admin.display(description="as of")
    def as_of(self, run: ReconciliationRun) -> str:
        return instant(run.as_of_at)

    @admin.display(description="opens with")
    def follows_link(self, run: ReconciliationRun) -> str:
        if run.follows_id is None:
            return "nothing: it is the first"
        address = reverse("admin:ledger_reconciliationrun_change", args=[run.follows_id])
        words = format_html(
            "the closing balances of {}", instant(run.follows.as_of_at) if run.follows else ""
        )
        return format_html('<a class="bo-link" href="{}">{}</a>', address, words)

    @admin.display(description="looked at")
    def looked_at(self, run: ReconciliationRun) -> str:
        return "everything" if run.is_full else "what was new, and what was open"

    @admin.display(description="id")
    def shown_id(self, run: ReconciliationRun) -> str:
        return mono(run.public_id)

    @admin.display(description="ties out")
    def outcome(self, run: ReconciliationRun) -> str:
        return badge("Ties out", "good") if run.ties_out else badge("Does not tie out", "bad")

    @admin.display(description="found")
    def found(self, run: ReconciliationRun) -> str:
        return (
            f"{run.matched:,} lines matched; {run.breaks_opened:,} breaks opened, {run.breaks_resolved:,} resolved,"
            f" {run.breaks_open:,} open"
        )

    @admin.display(description="made")
    def made(self, run: ReconciliationRun) -> str:
        by = f" by {run.actor.removeprefix('staff:')}" if run.actor else ""
        return format_html("{}{}", instant(run.created_at), by)
