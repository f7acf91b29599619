"""Adjustments: what was asked for, by whom, and what came of it."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import NOTHING, badge, instant, mono, readable
from foundation.backoffice.filters import fixed_filter
from foundation.money import Money
from ledger.admin.adjusting import ApproveAdjustment, RefuseAdjustment, WithdrawAdjustment
from ledger.models import JournalEntry, ManualAdjustment

_BADGES = {
    "requested": ("Waits for approval", "wait"),
    "posted": ("Posted", "good"),
    "refused": ("Refused", "bad"),
    "withdrawn": ("Withdrawn", "calm"),
}


@admin.register(ManualAdjustment)
class ManualAdjustmentAdmin(BackOfficeAdmin):
    list_display = ("shown_id", "state", "shown_lines", "reason", "effective", "requested_by", "merchant")
    list_filter = (fixed_filter("status", [(status, words) for status, (words, _) in _BADGES.items()]),)
    fields = (
        "shown_id",
        "merchant",
        "state",
        "shown_lines",
        "effective",
        "reason",
        "reversed_entry",
        "requested_by",
        "requested",
        "decided_by",
        "decided",
        "decision_note",
        "posted_entry",
        "shown_hash",
    )
    action_views: ClassVar = [ApproveAdjustment, RefuseAdjustment, WithdrawAdjustment]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("merchant", "entry", "reverses")

    @admin.display(description="adjustment")
    def shown_id(self, adjustment: ManualAdjustment) -> str:
        return mono(adjustment.public_id)

    @admin.display(description="status")
    def state(self, adjustment: ManualAdjustment) -> str:
        return badge(*_BADGES[adjustment.status])

    @admin.display(description="lines")
    def shown_lines(self, adjustment: ManualAdjustment) -> SafeString:
        return format_html_join("", "<div>{} {} {}</div>", map(_line, adjustment.lines))

    @admin.display(description="dated")
    def effective(self, adjustment: ManualAdjustment) -> str:
        return instant(adjustment.effective_at)

    @admin.display(description="asked for")
    def requested(self, adjustment: ManualAdjustment) -> str:
        return instant(adjustment.requested_at)

    @admin.display(description="decided")
    def decided(self, adjustment: ManualAdjustment) -> str:
        return instant(adjustment.decided_at)

    @admin.display(description="entry")
    def posted_entry(self, adjustment: ManualAdjustment) -> str:
        return entry_link(adjustment.entry)

    @admin.display(description="reverses")
    def reversed_entry(self, adjustment: ManualAdjustment) -> str:
        return entry_link(adjustment.reverses)

    @admin.display(description="approval covers")
    def shown_hash(self, adjustment: ManualAdjustment) -> str:
        return mono(adjustment.parameters_hash)


def entry_link(entry: JournalEntry | None) -> str:
    if entry is None:
        return NOTHING
    address = reverse("admin:ledger_journalentry_change", args=[entry.pk])
    return format_html('<a class="bo-link" href="{}">{}</a>', address, entry.reference)


def _line(line: dict[str, Any]) -> tuple[str, str, str]:
    amount = Money(line["amount_minor"], line["currency"])
    return ("Credit" if amount.is_negative else "Debit"), line["path"], readable(abs(amount))
