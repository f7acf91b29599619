"""Reconciliations: what each account tied out to, or by how much it did not."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from unfold.admin import TabularInline

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import badge, instant, mono
from foundation.backoffice.filters import CreatedFilter
from ledger.admin.reconciling import line_amount
from ledger.models import ReconciliationRun, ReconciliationTie


class Ties(TabularInline):
    """Per PSP account, source and currency: opening + matched + breaks = closing, and the books beside it."""

    model = ReconciliationTie
    verbose_name_plural = "ties out"
    fields = readonly_fields = (
        "psp_account",
        "source",
        "currency",
        "matched",
        "breaks",
        "closing",
        "book",
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

    @admin.display(description="matched")
    def matched(self, tie: ReconciliationTie) -> str:
        return line_amount(tie.matched_minor, tie.currency)

    @admin.display(description="breaks")
    def breaks(self, tie: ReconciliationTie) -> str:
        return line_amount(tie.breaks_minor, tie.currency)

    @admin.display(description="they say")
    def closing(self, tie: ReconciliationTie) -> str:
        return line_amount(tie.closing_minor, tie.currency)

    @admin.display(description="our books")
    def book(self, tie: ReconciliationTie) -> str:
        return line_amount(tie.book_minor, tie.currency)

    @admin.display(description="on its way")
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
        "merchant",
    )
    list_select_related = ("merchant",)
    list_filter = (CreatedFilter,)
    inlines = (Ties,)
    fields = (
        "shown_id",
        "merchant",
        "as_of",
        "outcome",
        "matched",
        "breaks_open",
        "breaks_opened",
        "breaks_resolved",
        "actor",
        "made",
    )

    @admin.display(description="as of")
    def as_of(self, run: ReconciliationRun) -> str:
        return instant(run.as_of_at)

    @admin.display(description="id")
    def shown_id(self, run: ReconciliationRun) -> str:
        return mono(run.public_id)

    @admin.display(description="ties out")
    def outcome(self, run: ReconciliationRun) -> str:
        return badge("Ties out", "good") if run.ties_out else badge("Does not tie out", "bad")

    @admin.display(description="made")
    def made(self, run: ReconciliationRun) -> str:
        return instant(run.created_at)
