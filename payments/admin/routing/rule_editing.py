"""Changing a draft rule by rule. Each save is a new version of the set: another hash, by whoever saved it."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import Http404

from foundation.backoffice.views import ActionView
from payments.admin.routing.rule_actions import ShownForm
from payments.admin.routing.rule_form import RuleForm, written_rule
from payments.admin.routing.shares import account_choices
from payments.models import RoutingRuleSet
from payments.operations.redraft_rule_set import redraft_rule_set
from payments.queries.routing import list_rules
from payments.queries.routing_state import rule_content

S = RoutingRuleSet.Status


class NumberedForm(ShownForm):
    number = forms.IntegerField(widget=forms.HiddenInput, min_value=1)


class _OfDraft(ActionView):
    permission = "payments.draft_routing"

    @classmethod
    def refusal(cls, rule_set: RoutingRuleSet) -> str:
        if rule_set.status == S.DRAFT:
            return ""
        return "Only a draft changes. Make a new version of this rule set."

    def page_context(self, rule_set: RoutingRuleSet) -> dict[str, Any]:
        return {"subtitle": f"{rule_set.name} of {rule_set.merchant.name}"}

    def asked_number(self, rule_set: RoutingRuleSet) -> int:
        """Of the rule that is meant; 0 when it is a new one. Raises Http404."""
        asked = self.request.GET.get("number") or self.request.POST.get("number") or "0"
        if not (asked.isascii() and asked.isdigit()) or int(asked) > len(list_rules(rule_set)):
            raise Http404("No such rule.")
        return int(asked)

    def rules_but(self, rule_set: RoutingRuleSet, number: int) -> list[dict[str, Any]]:
        """The content of every rule but one."""
        return [rule_content(rule) for rule in list_rules(rule_set) if rule.position != number]

    def save(self, rule_set: RoutingRuleSet, rules: list[dict[str, Any]], shown: str) -> None:
        redraft_rule_set(
            merchant_id=rule_set.merchant_id,
            rule_set_id=rule_set.id,
            rules=rules,
            weights=rule_set.weights,
            shown_hash=shown,
        )


class AddRule(_OfDraft):
    verb = "add_rule"
    label = "Add a rule"
    form_class = RuleForm
    template_name = "admin/payments/routingruleset/rule.html"
    has_dialog = False

    @classmethod
    def applies(cls, rule_set: RoutingRuleSet) -> bool:
        return rule_set.status == S.DRAFT

    def form_arguments(self, rule_set: RoutingRuleSet) -> dict[str, Any]:
        accounts = account_choices(rule_set.merchant_id)
        number, rules = self.asked_number(rule_set), list_rules(rule_set)
        initial = {"number": number, "shown": rule_set.content_hash, "position": number or len(rules) + 1}
        if number:
            initial |= written_rule(rule_content(rules[number - 1]), accounts)
        return {"accounts": accounts, "initial": initial}

    def perform(self, rule_set: RoutingRuleSet, answers: dict[str, Any]) -> str:
        rules = self.rules_but(rule_set, answers["number"])
        rules.insert(answers["position"] - 1, answers["rule"])
        self.save(rule_set, rules, answers["shown"])
        return f"“{answers['name']}” is saved in the draft. Another person approves it."


class ChangeRule(AddRule):
    verb = "change_rule"
    label = "Save the rule"

    @classmethod
    def applies(cls, rule_set: RoutingRuleSet) -> bool:
        """Reached from the rule itself, not from the head of the page."""
        return False


class RemoveRule(_OfDraft):
    verb = "remove_rule"
    label = "Remove the rule"
    tone = "danger"
    form_class = NumberedForm

    @classmethod
    def applies(cls, rule_set: RoutingRuleSet) -> bool:
        return False

    def explanation(self, rule_set: RoutingRuleSet) -> str:
        names = [rule.name for rule in list_rules(rule_set) if rule.position == self.asked_number(rule_set)]
        return f"“{names[0]}” leaves the draft; the rules after it move up." if names else ""

    def form_arguments(self, rule_set: RoutingRuleSet) -> dict[str, Any]:
        return {"initial": {"number": self.asked_number(rule_set), "shown": rule_set.content_hash}}

    def perform(self, rule_set: RoutingRuleSet, answers: dict[str, Any]) -> str:
        self.save(rule_set, self.rules_but(rule_set, answers["number"]), answers["shown"])
        return "The rule is gone from the draft."
