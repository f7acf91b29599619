"""Periods: what is closed, by whom, and how the accounts stood at its end."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import badge, instant, mono, readable
from foundation.backoffice.filters import fixed_filter
from foundation.money import Money
from ledger.admin.closing import CloseBooks, ReopenPeriod
from ledger.admin.merchants import merchants_of
from ledger.models import AccountingPeriod, PeriodBalance

BALANCES_SHOWN = 500


@admin.register(AccountingPeriod)
class AccountingPeriodAdmin(BackOfficeAdmin):
    list_display = ("shown_id", "state", "begins", "ends", "closed", "closed_by", "merchant")
    list_filter = (fixed_filter("status", AccountingPeriod.Status.choices),)
    list_before_template = "admin/ledger/accountingperiod/close_links.html"
    fields = (
        "shown_id",
        "merchant",
        "state",
        "begins",
        "ends",
        "closed",
        "closed_by",
        "kept",
        "reopened",
        "reopened_by",
        "reopen_reason",
    )
    action_views: ClassVar = [ReopenPeriod]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("merchant")

    def get_urls(self) -> list[URLPattern]:
        close = self.admin_site.admin_view(CloseBooks.as_view(model_admin=self))
        name = self.action_url_name(CloseBooks)
        return [path("close/<str:object_id>/", close, name=name), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        links: list[tuple[str, str]] = []
        if request.user.has_perm(CloseBooks.permission):
            address = f"admin:{self.action_url_name(CloseBooks)}"
            links = [(name, reverse(address, args=[pk])) for pk, name in merchants_of(request)]
        return super().changelist_view(request, {"close_links": links, **(extra_context or {})})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        period = kwargs.get("obj")
        if period is not None:
            rows = PeriodBalance.objects.filter(period=period).select_related("account")
            rows = rows.order_by("account__path", "account__currency")[:BALANCES_SHOWN]
            context["balances"] = [_balance(row) for row in rows]
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="period")
    def shown_id(self, period: AccountingPeriod) -> str:
        return mono(period.public_id)

    @admin.display(description="status")
    def state(self, period: AccountingPeriod) -> str:
        is_closed = period.status == AccountingPeriod.Status.CLOSED
        return badge("Closed", "good") if is_closed else badge("Opened again", "warn")

    @admin.display(description="from")
    def begins(self, period: AccountingPeriod) -> str:
        return instant(period.starts_at) if period.starts_at else "the beginning"

    @admin.display(description="up to")
    def ends(self, period: AccountingPeriod) -> str:
        return instant(period.ends_at)

    @admin.display(description="closed")
    def closed(self, period: AccountingPeriod) -> str:
        return instant(period.closed_at)

    @admin.display(description="balances kept")
    def kept(self, period: AccountingPeriod) -> str:
        return instant(period.frozen_at)

    @admin.display(description="opened again")
    def reopened(self, period: AccountingPeriod) -> str:
        return instant(period.reopened_at)


def _balance(row: PeriodBalance) -> dict[str, str]:
    account = row.account
    net = Money(int(row.debits - row.credits), account.currency)
    return {
        "path": account.path,
        "url": reverse("admin:ledger_ledgeraccount_statement", args=[account.pk]),
        "debits": readable(Money(int(row.debits), account.currency)),
        "credits": readable(Money(int(row.credits), account.currency)),
        "balance": readable(net if account.normal_side == "debit" else -net),
    }
