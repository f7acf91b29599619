"""Back-tests: which decisions a rule set would have made otherwise, with their amounts."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import Count, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.urls import reverse

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import NOTHING, amount, badge, instant, link, readable
from foundation.money import Money
from payments.admin.routing.words import payment_link, row_link
from payments.models import RoutingBacktest, RoutingBacktestChange
from payments.queries.routing import list_changes

CHANGES_SHOWN = 200
BADGES = {
    "running": ("Running", "wait"),
    "done": ("Done", "good"),
    "lapsed": ("Rules rewritten meanwhile", "warn"),
}


@admin.register(RoutingBacktest)
class RoutingBacktestAdmin(BackOfficeAdmin):
    list_display = ("rules", "state", "looked_at", "changed", "starts", "ends", "merchant_name")
    change_form_template = "admin/payments/routingbacktest/change_form.html"
    fields = (
        "rules",
        "merchant_name",
        "state",
        "looked_at",
        "changed",
        "starts",
        "ends",
        "requested_by",
        "finished",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("merchant", "rule_set")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        backtest = kwargs.get("obj")
        if backtest is not None:
            context |= _page(backtest)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="rule set")
    def rules(self, backtest: RoutingBacktest) -> str:
        return row_link(backtest.rule_set, backtest.rule_set.name)

    @admin.display(description="status")
    def state(self, backtest: RoutingBacktest) -> str:
        return badge(*BADGES[backtest.status])

    @admin.display(description="from")
    def starts(self, backtest: RoutingBacktest) -> str:
        return instant(backtest.starts_at)

    @admin.display(description="to")
    def ends(self, backtest: RoutingBacktest) -> str:
        return instant(backtest.ends_at)

    @admin.display(description="finished")
    def finished(self, backtest: RoutingBacktest) -> str:
        return instant(backtest.finished_at)


def _page(backtest: RoutingBacktest) -> dict[str, Any]:
    changes = list_changes(backtest)
    sums = (
        changes.order_by()
        .values("from_account__name", "to_account__name", "currency")
        .annotate(decisions=Count("id"), amount_minor=Sum("amount_minor"))
        .order_by("-decisions")
    )
    return {
        "sums": [
            {
                "from": one["from_account__name"],
                "to": one["to_account__name"] or "nobody",
                "decisions": one["decisions"],
                "amount": readable(Money(one["amount_minor"], one["currency"])),
            }
            for one in sums
        ],
        "changes": [_change(change) for change in changes[:CHANGES_SHOWN]],
        "is_cut": backtest.changed > CHANGES_SHOWN,
    }


def _change(change: RoutingBacktestChange) -> dict[str, Any]:
    address = reverse("admin:payments_routingdecision_change", args=[change.decision_id])
    return {
        "payment": payment_link(change.decision.payment_intent_id),
        "decision": link(change.decision.public_id, address),
        "amount": amount(Money(change.amount_minor, change.currency)),
        "from": change.from_account.name,
        "to": change.to_account.name if change.to_account else NOTHING,
        "reason": change.reason,
    }
