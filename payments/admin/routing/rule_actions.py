"""Writing rules, and the two steps by another person that make payments follow them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.urls import reverse
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from foundation import clock
from foundation.backoffice.forms import ActionForm, ReasonedForm
from foundation.backoffice.scoping import narrow_to_staff
from foundation.backoffice.views import ActionView
from payments.admin.routing.words import written
from payments.models import PspAccount, RoutingRuleSet
from payments.operations.activate_rule_set import activate_rule_set
from payments.operations.approve_rule_set import approve_rule_set
from payments.operations.draft_rule_set import draft_rule_set
from payments.operations.redraft_rule_set import redraft_rule_set
from payments.operations.request_backtest import request_backtest
from payments.operations.retire_rule_set import retire_rule_set
from payments.queries.routing import list_rules
from payments.queries.routing_state import rule_content

S = RoutingRuleSet.Status
MOST_DAYS = 90
EXAMPLE = [
    {
        "name": "Euro cards",
        "conditions": {"currency": ["eur"], "method_type": ["card"]},
        "targets": [{"psp_account": "…", "weight": 70}, {"psp_account": "…", "weight": 30}],
        "only": False,
    }
]


class ContentForm(ActionForm):
    name = forms.CharField(max_length=100, widget=UnfoldAdminTextInputWidget)
    rules = forms.JSONField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 18, "spellcheck": "false"}),
        help_text="A list in the order in which the rules are asked; accounts by their UUID.",
        required=False,
    )
    weights = forms.JSONField(
        widget=UnfoldAdminTextareaWidget(attrs={"rows": 3, "spellcheck": "false"}),
        help_text='What a point of each is worth in the scores, in percent: {"authorization": 100, "cost": 100}.',
        required=False,
    )

    def clean_rules(self) -> list[Any]:
        rules = self.cleaned_data["rules"] or []
        if not isinstance(rules, list) or not all(isinstance(rule, dict) for rule in rules):
            raise forms.ValidationError("Write a list of rules.")
        return rules

    def clean_weights(self) -> dict[str, Any]:
        weights = self.cleaned_data["weights"] or {}
        if not isinstance(weights, dict):
            raise forms.ValidationError("Write an object of weights.")
        return weights


class ShownForm(ActionForm):
    # What the person saw: an approval is of this and of nothing else.
    shown = forms.CharField(widget=forms.HiddenInput)


class BacktestForm(ActionForm):
    days = forms.IntegerField(
        label="Days back",
        min_value=1,
        max_value=MOST_DAYS,
        initial=7,
        help_text="The decisions of these days are made anew with these rules; nothing else changes.",
    )


@dataclass(frozen=True, slots=True)
class Desk:
    """A merchant's routing, as the thing that a new draft is written for."""

    merchant_id: UUID
    name: str

    @property
    def pk(self) -> UUID:
        return self.merchant_id

    def __str__(self) -> str:
        return f"Routing of {self.name}"


def desks_of(request: HttpRequest) -> list[Desk]:
    """The person's merchants that have PSP accounts, by name."""
    rows = narrow_to_staff(PspAccount.across_merchants.order_by(), request.user, merchant_path="merchant_id")
    named = rows.values_list("merchant_id", "merchant__name").distinct().order_by("merchant__name")
    return [Desk(merchant_id, name) for merchant_id, name in named]


class OnDesk(ActionView):
    """An action on a merchant's routing as a whole."""

    def _permitted_object(self, request: HttpRequest, object_id: str) -> Any:
        own = {str(desk.pk): desk for desk in desks_of(request)}
        if object_id not in own:
            raise Http404("No such merchant.")
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        return own[object_id]

    def accounts_words(self, desk: Desk) -> str:
        rows = PspAccount.objects.for_merchant(desk.merchant_id).order_by("priority", "id")
        return "; ".join(f"{row.name} is {row.id}" for row in rows)

    def after(self, desk: Desk) -> str:
        options = self.model_admin.opts
        return reverse(f"admin:{options.app_label}_{options.model_name}_changelist")


class DraftRules(OnDesk):
    verb = "draft"
    label = "Save draft"
    permission = "payments.draft_routing"
    form_class = ContentForm

    def explanation(self, desk: Desk) -> str:
        return f"No payment follows a draft. Accounts: {self.accounts_words(desk)}."

    def form_arguments(self, desk: Desk) -> dict[str, Any]:
        return {"initial": {"rules": written(EXAMPLE), "weights": "{}"}}

    def perform(self, desk: Desk, answers: dict[str, Any]) -> str:
        draft_rule_set(
            merchant_id=desk.merchant_id,
            rule_set_id=answers["form_key"],
            name=answers["name"],
            rules=answers["rules"],
            weights=answers["weights"],
        )
        return "The draft is kept. Another person approves it."


class _Content(ActionView):
    permission = "payments.draft_routing"
    form_class = ContentForm

    def form_arguments(self, rule_set: RoutingRuleSet) -> dict[str, Any]:
        content = [rule_content(rule) for rule in list_rules(rule_set)]
        return {
            "initial": {
                "name": rule_set.name,
                "rules": written(content),
                "weights": written(rule_set.weights),
            }
        }


class EditRules(_Content):
    verb = "edit"
    label = "Edit"

    @classmethod
    def applies(cls, rule_set: RoutingRuleSet) -> bool:
        return rule_set.status == S.DRAFT

    def perform(self, rule_set: RoutingRuleSet, answers: dict[str, Any]) -> str:
        redraft_rule_set(
            merchant_id=rule_set.merchant_id,
            rule_set_id=rule_set.id,
            name=answers["name"],
            rules=answers["rules"],
            weights=answers["weights"],
        )
        return "The draft is kept. Another person approves it."


class CopyRules(_Content):
    verb = "copy"
    label = "Copy to a draft"
    tone = "plain"

    def perform(self, rule_set: RoutingRuleSet, answers: dict[str, Any]) -> str:
        draft_rule_set(
            merchant_id=rule_set.merchant_id,
            rule_set_id=answers["form_key"],
            name=answers["name"],
            rules=answers["rules"],
            weights=answers["weights"],
        )
        return "A new draft is kept. Another person approves it."

    def after(self, rule_set: RoutingRuleSet) -> str:
        return reverse("admin:payments_routingruleset_changelist")


class _Decision(ActionView):
    permission = "payments.approve_routing"
    form_class = ShownForm

    def form_arguments(self, rule_set: RoutingRuleSet) -> dict[str, Any]:
        return {"initial": {"shown": rule_set.content_hash}}


class ApproveRules(_Decision):
    verb = "approve"
    label = "Approve"

    @classmethod
    def applies(cls, rule_set: RoutingRuleSet) -> bool:
        return rule_set.status == S.DRAFT

    def explanation(self, rule_set: RoutingRuleSet) -> str:
        return "The rules do not change any more. Payments follow them once they are activated."

    def perform(self, rule_set: RoutingRuleSet, answers: dict[str, Any]) -> str:
        approve_rule_set(
            merchant_id=rule_set.merchant_id, rule_set_id=rule_set.id, content_hash=answers["shown"]
        )
        return "Approved. No payment follows it yet."


class ActivateRules(_Decision):
    verb = "activate"
    label = "Activate"

    @classmethod
    def applies(cls, rule_set: RoutingRuleSet) -> bool:
        return rule_set.status == S.APPROVED

    def explanation(self, rule_set: RoutingRuleSet) -> str:
        return "Every payment from now on follows these rules. The set that is active now is retired."

    def perform(self, rule_set: RoutingRuleSet, answers: dict[str, Any]) -> str:
        activate_rule_set(
            merchant_id=rule_set.merchant_id, rule_set_id=rule_set.id, content_hash=answers["shown"]
        )
        return "Active: payments follow these rules."


class RetireRules(ActionView):
    verb = "retire"
    label = "Retire"
    tone = "danger"
    permission = "payments.draft_routing"
    form_class = ReasonedForm

    @classmethod
    def applies(cls, rule_set: RoutingRuleSet) -> bool:
        return rule_set.status != S.RETIRED

    def explanation(self, rule_set: RoutingRuleSet) -> str:
        if rule_set.status != S.ACTIVE:
            return "It can not be activated any more; copy it to a new draft if it is needed again."
        return "Payments go by the accounts' own priority from now on."

    def perform(self, rule_set: RoutingRuleSet, answers: dict[str, Any]) -> str:
        retire_rule_set(merchant_id=rule_set.merchant_id, rule_set_id=rule_set.id)
        return "Retired."


class BacktestRules(ActionView):
    verb = "backtest"
    label = "Back-test"
    tone = "plain"
    permission = "payments.draft_routing"
    form_class = BacktestForm

    def perform(self, rule_set: RoutingRuleSet, answers: dict[str, Any]) -> str:
        request_backtest(
            merchant_id=rule_set.merchant_id,
            backtest_id=answers["form_key"],
            rule_set_id=rule_set.id,
            starts_at=clock.now() - timedelta(days=answers["days"]),
        )
        return "The back-test is running. Its page fills as it goes."
