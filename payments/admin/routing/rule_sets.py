"""Rule sets: what they say, who wrote, approved and activated them, and what a back-test made of them."""

from __future__ import annotations

from typing import Any, ClassVar

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html

from foundation.backoffice.admin import BackOfficeAdmin
from foundation.backoffice.display import NOTHING, actor_words, badge, instant, json_block, mono
from foundation.backoffice.filters import fixed_filter
from foundation.backoffice.views import ActionView
from payments.admin.routing.rule_actions import (
    ActivateRules,
    ApproveRules,
    BacktestRules,
    CopyRules,
    DraftRules,
    EditRules,
    RetireRules,
    desks_of,
)
from payments.admin.routing.rule_editing import AddRule, ChangeRule, RemoveRule
from payments.admin.routing.shares import percent_words
from payments.admin.routing.words import RULE_SET_BADGES, account_names, conditions_words
from payments.models import RoutingRuleSet
from payments.queries.routing import list_rules
from payments.queries.routing_state import rule_content

BACKTESTS_SHOWN = 10
S = RoutingRuleSet.Status


@admin.register(RoutingRuleSet)
class RoutingRuleSetAdmin(BackOfficeAdmin):
    list_display = ("name", "state", "drafted", "approved", "activated", "merchant_name")
    list_filter = (
        fixed_filter("status", [(status, words) for status, (words, _) in RULE_SET_BADGES.items()]),
    )
    list_before_template = "admin/payments/routingruleset/draft_links.html"
    change_form_template = "admin/payments/routingruleset/change_form.html"
    fields = (
        "name",
        "shown_id",
        "merchant_name",
        "state",
        "drafted",
        "approved",
        "activated",
        "retired",
        "hash",
    )
    action_views: ClassVar = [
        AddRule,
        ChangeRule,
        RemoveRule,
        ApproveRules,
        ActivateRules,
        EditRules,
        BacktestRules,
        CopyRules,
        RetireRules,
    ]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("merchant")

    def get_urls(self) -> list[URLPattern]:
        draft = self.admin_site.admin_view(DraftRules.as_view(model_admin=self))
        name = self.action_url_name(DraftRules)
        return [path("draft/<str:object_id>/", draft, name=name), *super().get_urls()]

    def changelist_view(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        links: list[tuple[str, str]] = []
        if request.user.has_perm(DraftRules.permission):
            address = f"admin:{self.action_url_name(DraftRules)}"
            links = [(desk.name, reverse(address, args=[desk.pk])) for desk in desks_of(request)]
        return super().changelist_view(request, {"draft_links": links, **(extra_context or {})})

    def render_change_form(
        self, request: HttpRequest, context: dict[str, Any], *args: Any, **kwargs: Any
    ) -> HttpResponse:
        rule_set = kwargs.get("obj")
        if rule_set is not None:
            context |= _page(rule_set)
            context["may_change"] = rule_set.status == S.DRAFT and request.user.has_perm(AddRule.permission)
        return super().render_change_form(request, context, *args, **kwargs)

    @admin.display(description="id")
    def shown_id(self, rule_set: RoutingRuleSet) -> str:
        return mono(rule_set.public_id)

    @admin.display(description="status")
    def state(self, rule_set: RoutingRuleSet) -> str:
        return badge(*RULE_SET_BADGES[rule_set.status])

    @admin.display(description="written")
    def drafted(self, rule_set: RoutingRuleSet) -> str:
        return _by(rule_set.drafted_by, rule_set.drafted_at)

    @admin.display(description="approved")
    def approved(self, rule_set: RoutingRuleSet) -> str:
        return _by(rule_set.approved_by, rule_set.approved_at)

    @admin.display(description="activated")
    def activated(self, rule_set: RoutingRuleSet) -> str:
        return _by(rule_set.activated_by, rule_set.activated_at)

    @admin.display(description="retired")
    def retired(self, rule_set: RoutingRuleSet) -> str:
        return _by(rule_set.retired_by, rule_set.retired_at)

    @admin.display(description="approval covers")
    def hash(self, rule_set: RoutingRuleSet) -> str:
        return mono(rule_set.content_hash)


def _by(actor: str, at: Any) -> str:
    return format_html("{}, {}", instant(at), actor_words(actor)) if actor else NOTHING


def _page(rule_set: RoutingRuleSet) -> dict[str, Any]:
    rules = list_rules(rule_set)
    names = account_names(
        rule_set.merchant_id, [target["psp_account"] for rule in rules for target in rule.targets]
    )
    return {
        "standing": badge(*RULE_SET_BADGES[rule_set.status]),
        "rules": [
            {
                "position": rule.position,
                "name": rule.name,
                "conditions": conditions_words(rule.conditions),
                "targets": _targets(rule.targets, names),
                "only": rule.only,
                "change_url": f"{_address(rule_set, ChangeRule)}?number={rule.position}",
                "remove_url": f"{_address(rule_set, RemoveRule)}?number={rule.position}",
            }
            for rule in rules
        ],
        "weights": {"authorization": 100, "cost": 100, "latency": 0} | rule_set.weights,
        "exported": json_block(
            {"rules": [rule_content(rule) for rule in rules], "weights": rule_set.weights}
        ),
        "backtests": [
            {
                "url": reverse("admin:payments_routingbacktest_change", args=[row.pk]),
                "at": instant(row.created_at),
                "status": row.status,
                "looked_at": row.looked_at,
                "changed": row.changed,
                "is_of_this": row.content_hash == rule_set.content_hash,
            }
            for row in rule_set.backtests.order_by("-id")[:BACKTESTS_SHOWN]
        ],
    }


def _address(rule_set: RoutingRuleSet, view: type[ActionView]) -> str:
    return reverse(f"admin:payments_routingruleset_{view.verb}", args=[rule_set.pk])


def _targets(targets: list[dict[str, Any]], names: dict[str, str]) -> list[str]:
    """What each account takes, and in which order others stand by."""
    weights = [target["weight"] for target in targets if target.get("weight")]
    words, place = [], 0
    for target in targets:
        name, weight = names.get(target["psp_account"], target["psp_account"]), target.get("weight")
        if weight is None:
            words.append(f"{name}, by score")
        elif weight:
            words.append(f"{name}, {percent_words(weight, weights)}")
        else:
            place += 1
            words.append(f"{name}, stands by as number {place}")
    return words
