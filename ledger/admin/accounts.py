"""Accounts: the list with balances, and a page with the latest postings."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import badge, instant, mono
from foundation.backoffice.filters import fixed_filter
from ledger.admin.adjusting import AdjustAccount
from ledger.admin.reports import statement_page, trial_balance_page
from ledger.admin.words import balance_words, credit_words, debit_words, kind_words
from ledger.models import LedgerAccount, Posting
from ledger.queries.balances import with_net_debits
from ledger.queries.entries import list_latest_postings

LATEST_POSTINGS = 50


@admin.register(LedgerAccount)
class LedgerAccountAdmin(BackOfficeAdmin):
    list_display = ("path", "currency_code", "balance", "type", "normal_side", "guarded", "merchant_name")
    list_filter = (
        fixed_filter("type", LedgerAccount.Type.choices),
        fixed_filter("guard", LedgerAccount.Guard.choices),
    )
    search_fields = ("path__startswith",)
    search_help_text = "Path, such as assets/psp_clearing"
    ordering = ("path", "currency", "id")
    list_before_template = "admin/ledger/ledgeraccount/report_links.html"
    action_views: ClassVar = [AdjustAccount]
    fields = (
        "path",
        "shown_id",
        "merchant_name",
        "currency_code",
        "balance",
        "type",
        "normal_side",
        "guarded",
        "opened",
    )

    def get_urls(self) -> list[URLPattern]:
        view = self.admin_site.admin_view
        return [
            path("trial-balance/", view(self.trial_balance), name="ledger_ledgeraccount_trial_balance"),
            path("<uuid:pk>/statement/", view(self.statement), name="ledger_ledgeraccount_statement"),
            *super().get_urls(),
        ]

    def trial_balance(self, request: HttpRequest) -> HttpResponse:
        if not self.has_view_permission(request):
            raise PermissionDenied
        return trial_balance_page(self, request)

    def statement(self, request: HttpRequest, pk: UUID) -> HttpResponse:
        account = self.get_object(request, str(pk))
        if account is None:
            raise Http404("No such ledger account.")
        if not self.has_view_permission(request, account):
            raise PermissionDenied
        return statement_page(self, request, account)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return with_net_debits(super().get_queryset(request).select_related("merchant"))

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        account = kwargs.get("obj")
        if account is not None:
            latest = list_latest_postings(account.merchant_id, account.id, limit=LATEST_POSTINGS)
            context["latest_postings"] = [_line(posting) for posting in latest]
            context["most_postings"] = LATEST_POSTINGS
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="id")
    def shown_id(self, account: LedgerAccount) -> str:
        return mono(account.public_id)

    @admin.display(description="currency")
    def currency_code(self, account: LedgerAccount) -> str:
        return account.currency.upper()

    @admin.display(description="balance")
    def balance(self, account: LedgerAccount) -> str:
        return balance_words(account)

    @admin.display(description="guard")
    def guarded(self, account: LedgerAccount) -> str:
        return badge("Never below zero") if account.guard != LedgerAccount.Guard.NONE else "–"

    @admin.display(description="opened")
    def opened(self, account: LedgerAccount) -> str:
        return instant(account.created_at)


def _line(posting: Posting) -> dict[str, str]:
    return {
        "entry": posting.entry.reference,
        "url": reverse("admin:ledger_journalentry_change", args=[posting.entry_id]),
        "kind": kind_words(posting.entry.kind),
        "debit": debit_words(posting),
        "credit": credit_words(posting),
        "effective": instant(posting.entry.effective_at),
    }
