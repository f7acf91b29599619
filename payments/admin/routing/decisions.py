"""Decisions: why a payment went where it went, and why to none of the others."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import NOTHING, amount, badge, instant, json_block, mono
from foundation.backoffice.filters import CreatedFilter
from foundation.money import Money
from payments.admin.routing.words import payment_link, row_link
from payments.models import RoutingDecision


@admin.register(RoutingDecision)
class RoutingDecisionAdmin(BackOfficeAdmin):
    list_display = ("shown_id", "payment", "account", "reason", "kind", "shown_amount", "created")
    list_select_related = ("psp_account",)
    list_filter = (CreatedFilter,)
    change_form_template = "admin/payments/routingdecision/change_form.html"
    fields = (
        "shown_id",
        "merchant_name",
        "payment",
        "charge",
        "account",
        "reason",
        "kind",
        "rules",
        "rule",
        "trial",
        "shown_amount",
        "created",
        "facts_json",
    )

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        rows = super().get_queryset(request)
        return rows.select_related("psp_account", "rule_set", "experiment", "merchant")

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        decision = kwargs.get("obj")
        if decision is not None:
            context["considered"] = [_considered(one) for one in decision.considered]
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="decision")
    def shown_id(self, decision: RoutingDecision) -> str:
        return mono(decision.public_id)

    @admin.display(description="payment")
    def payment(self, decision: RoutingDecision) -> str:
        return payment_link(decision.payment_intent_id)

    @admin.display(description="charge")
    def charge(self, decision: RoutingDecision) -> str:
        return mono(decision.attempt.public_id)

    @admin.display(description="PSP account")
    def account(self, decision: RoutingDecision) -> str:
        return decision.psp_account.name

    @admin.display(description="try")
    def kind(self, decision: RoutingDecision) -> str:
        if decision.is_failover:
            return badge(f"Failover, try {decision.ordinal}", "warn")
        return badge(f"Try {decision.ordinal}", "calm")

    @admin.display(description="amount")
    def shown_amount(self, decision: RoutingDecision) -> str:
        return amount(Money(decision.amount_minor, decision.currency))

    @admin.display(description="rule set")
    def rules(self, decision: RoutingDecision) -> str:
        return row_link(decision.rule_set, decision.rule_set.name if decision.rule_set else "")

    @admin.display(description="experiment")
    def trial(self, decision: RoutingDecision) -> str:
        if decision.experiment is None:
            return NOTHING
        return row_link(decision.experiment, f"{decision.experiment.name}, arm {decision.arm}")

    @admin.display(description="time")
    def created(self, decision: RoutingDecision) -> str:
        return instant(decision.created_at)

    @admin.display(description="what was known")
    def facts_json(self, decision: RoutingDecision) -> str:
        return json_block(decision.facts)


def _considered(one: dict[str, Any]) -> dict[str, Any]:
    is_chosen = one["rank"] == 0
    tone = "good" if is_chosen else "calm" if one["rank"] is not None else "bad"
    place = "Chosen" if is_chosen else f"Next {one['rank']}" if one["rank"] is not None else "Out"
    return {
        "name": one["name"],
        "badge": badge(place, tone),
        "reason": one["reason"],
        "rate": NOTHING if one["rate_bps"] is None else f"{one['rate_bps']} bps",
        "cost": NOTHING if one["cost_bps"] is None else f"{one['cost_bps']} bps",
        "latency": NOTHING if one["latency_ms"] is None else f"{one['latency_ms']} ms",
    }
