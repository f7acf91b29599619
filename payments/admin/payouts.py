"""Payouts: list and page, with the entries that booked them, the lines that told of them, and what they paid out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html, format_html_join

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import NOTHING, amount, badge, instant, mono, readable, short_id
from foundation.backoffice.filters import CreatedFilter, fixed_filter
from ledger.queries.entries import list_entries_of_source
from ledger.reconciliation.queries.availability import list_lines_paid_out
from ledger.reconciliation.queries.matches import list_matches_of_entry
from payments.admin.filters import CurrencyFilter
from payments.admin.words import reason_words
from payments.models import Payout, PayoutStatus

WORDS: dict[str, tuple[str, str]] = {
    PayoutStatus.PENDING: ("Not sent yet", "wait"),
    PayoutStatus.IN_TRANSIT: ("On its way", "wait"),
    PayoutStatus.PAID: ("Paid", "good"),
    PayoutStatus.FAILED: ("Came back", "bad"),
    PayoutStatus.CANCELED: ("Withdrawn", "calm"),
}
LINES_SHOWN = 50
_LINE = '<div><a class="bo-link bo-mono" href="{}">{}</a> {}</div>'


@admin.register(Payout)
class PayoutAdmin(BackOfficeAdmin):
    list_display = ("shown_id", "shown_amount", "state", "at_bank", "arrival_on", "account", "created")
    list_select_related = ("psp_account",)
    list_filter = (
        fixed_filter("status", [(status, words) for status, (words, _) in WORDS.items()]),
        CreatedFilter,
        CurrencyFilter,
    )
    search_fields = ("psp_reference__exact", "bank_trace__exact")
    reference_fields = ("psp_reference", "bank_trace")
    search_help_text = "The PSP's id (po_…), or the number on the bank's statement"
    fields = (
        "shown_amount",
        "state",
        "at_bank",
        "failure",
        "arrival_on",
        "account",
        "full_id",
        "reference",
        "trace",
        "foreign",
        "created",
        "recorded",
        "entries",
        "told_by",
        "paid_out",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("psp_account")

    @admin.display(description="payout")
    def shown_id(self, payout: Payout) -> str:
        return short_id(payout.public_id)

    @admin.display(description="id")
    def full_id(self, payout: Payout) -> str:
        return mono(payout.public_id)

    @admin.display(description="amount")
    def shown_amount(self, payout: Payout) -> str:
        return amount(payout.amount)

    @admin.display(description="status")
    def state(self, payout: Payout) -> str:
        return badge(*WORDS[payout.status])

    @admin.display(description="at the bank, by its statement")
    def at_bank(self, payout: Payout) -> str:
        return instant(payout.arrived_at)

    @admin.display(description="why it came back")
    def failure(self, payout: Payout) -> str:
        return reason_words(payout.failure_code)

    @admin.display(description="PSP account")
    def account(self, payout: Payout) -> str:
        return payout.psp_account.name

    @admin.display(description="the PSP's reference")
    def reference(self, payout: Payout) -> str:
        return mono(payout.psp_reference)

    @admin.display(description="number on the bank's statement")
    def trace(self, payout: Payout) -> str:
        return mono(payout.bank_trace)

    @admin.display(description="left a balance in")
    def foreign(self, payout: Payout) -> str:
        return badge(payout.balance_currency.upper(), "warn") if payout.is_foreign else NOTHING

    @admin.display(description="made at the PSP")
    def created(self, payout: Payout) -> str:
        return instant(payout.created_at)

    @admin.display(description="first told")
    def recorded(self, payout: Payout) -> str:
        return instant(payout.recorded_at)

    @admin.display(description="entries")
    def entries(self, payout: Payout) -> str:
        rows = [
            (
                reverse("admin:ledger_journalentry_change", args=[entry.id]),
                entry.kind.replace("_", " ").capitalize(),
                f"of {entry.effective_at:%Y-%m-%d}",
            )
            for entry in list_entries_of_source(payout.merchant_id, "payout", payout.id)
        ]
        return format_html_join("", _LINE, rows) or NOTHING

    @admin.display(description="statement lines of it")
    def told_by(self, payout: Payout) -> str:
        matches = [
            match
            for entry in list_entries_of_source(payout.merchant_id, "payout", payout.id)
            for match in list_matches_of_entry(payout.merchant_id, entry.id)
        ]
        return _lines((match.line, f"of the {match.get_source_display()}") for match in matches) or NOTHING

    @admin.display(description="what it paid out")
    def paid_out(self, payout: Payout) -> str:
        account = payout.psp_account.public_id
        found = list_lines_paid_out(payout.merchant_id, account, payout.psp_reference, limit=LINES_SHOWN + 1)
        shown = _lines(
            (line, f"{line.kind.replace('_', ' ')}, {readable(line.net) if line.net else line.currency}")
            for line in found[:LINES_SHOWN]
        )
        more = (
            format_html("<div>The first {} are shown.</div>", LINES_SHOWN) if len(found) > LINES_SHOWN else ""
        )
        return format_html("{}{}", shown, more) if shown else NOTHING


def _lines(told: Iterable[tuple[Any, str]]) -> str:
    rows = [
        (reverse("admin:ledger_statementline_change", args=[line.id]), line.reference or line.line_key, words)
        for line, words in told
    ]
    return format_html_join("", _LINE, rows)
