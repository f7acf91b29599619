"""Writing rules, and the two steps by another person that make payments follow them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.urls import reverse
from unfold.widgets import UnfoldAdminTextInputWidget

from foundation import clock
from foundation.backoffice.forms import ActionForm, ReasonedForm
from foundation.backoffice.scoping import narrow_to_staff
from foundation.backoffice.views import ActionView
from payments.models import PspAccount, RoutingRuleSet
from payments.operations.activate_rule_set import activate_rule_set
from payments.operations.approve_rule_set import approve_rule_set
from payments.operations.draft_rule_set import draft_rule_set
from payments.operations.redraft_rule_set import redraft_rule_set
from payments.operations.request_backtest import request_backtest
from payments.operations.retire_rule_set import retire_rule_set
from payments.queries.routing import find_active_rule_set, list_rules
from payments.queries.routing_state import rule_content
from payments.routing.rules import MOST_WEIGHT

S = RoutingRuleSet.Status
MOST_DAYS = 90
VERSION = re.compile(r"(.*), version (\d+)")


def weight_field(label: str, initial: int, help_text: str) -> forms.IntegerField:
    return forms.IntegerField(
        label=label,
        min_value=0,
        max_value=MOST_WEIGHT,
        initial=initial,
        widget=UnfoldAdminTextInputWidget(attrs={"inputmode": "numeric"}),
        help_text=help_text,
    )


class NameForm(ActionForm):
    name = forms.CharField(max_length=100, widget=UnfoldAdminTextInputWidget)


class HeadForm(NameForm):
    """A rule set without its rules: what it is called and what a point of each is worth in the scores, in percent."""

    authorization = weight_field(
        "Weight of authorization", 100, "Percent; a point of the authorization rate."
    )
    cost = weight_field("Weight of cost", 100, "Percent; a point of what the PSP takes.")
    latency = weight_field("Weight of latency", 0, "Points for a second of waiting.")


NONE_ACTIVE = "none"


class ShownForm(ActionForm):
    # What the person saw: an approval is of this and of nothing else.
    shown = forms.CharField(widget=forms.HiddenInput)


class ActivationForm(ShownForm):
    # The set that was active as the person looked: another one that took its place meanwhile is not put out unseen.
    replaces = forms.CharField(widget=forms.HiddenInput, required=False)


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

    def after(self, desk: Desk) -> str:
        options = self.model_admin.opts
        return reverse(f"admin:{options.app_label}_{options.model_name}_changelist")


class DraftRules(OnDesk):
    verb = "draft"
    label = "Save draft"
    permission = "payments.draft_routing"
    form_class = HeadForm

    def explanation(self, desk: Desk) -> str:
        return "No payment follows a draft. Rules are added on its page; without any, the scores decide."

    def perform(self, desk: Desk, answers: dict[str, Any]) -> str:
        self.drafted_id = draft_rule_set(
            merchant_id=desk.merchant_id,
            rule_set_id=answers["form_key"],
            name=answers["name"],
            rules=[],
            weights=_weights(answers),
        ).id
        return "The draft is kept. Add its rules; another person approves it."

    def after(self, desk: Desk) -> str:
        drafted_id = getattr(self, "drafted_id", None)
        return _page_of(drafted_id) if drafted_id else super().after(desk)


class EditRules(ActionView):
    verb = "edit"
    label = "Name and weights"
    tone = "plain"
    permission = "payments.draft_routing"
    form_class = HeadForm

    @classmethod
    def applies(cls, rule_set: RoutingRuleSet) -> bool:
        return rule_set.status == S.DRAFT

    def form_arguments(self, rule_set: RoutingRuleSet) -> dict[str, Any]:
        return {"initial": {"name": rule_set.name, **rule_set.weights}}

    def perform(self, rule_set: RoutingRuleSet, answers: dict[str, Any]) -> str:
        redraft_rule_set(
            merchant_id=rule_set.merchant_id,
            rule_set_id=rule_set.id,
            name=answers["name"],
            rules=[rule_content(rule) for rule in list_rules(rule_set)],
            weights=_weights(answers),
            shown_hash=rule_set.content_hash,
        )
        return "The draft is kept. Another person approves it."


class CopyRules(ActionView):
    verb = "copy"
    label = "New version"
    tone = "plain"
    permission = "payments.draft_routing"
    form_class = NameForm

    def explanation(self, rule_set: RoutingRuleSet) -> str:
        return "A new draft with the same rules, to be changed and approved. This one stays as it is."

    def form_arguments(self, rule_set: RoutingRuleSet) -> dict[str, Any]:
        return {"initial": {"name": next_version(rule_set.name)}}

    def perform(self, rule_set: RoutingRuleSet, answers: dict[str, Any]) -> str:
        self.drafted_id = draft_rule_set(
            merchant_id=rule_set.merchant_id,
            rule_set_id=answers["form_key"],
            name=answers["name"],
            rules=[rule_content(rule) for rule in list_rules(rule_set)],
            weights=rule_set.weights,
        ).id
        return "A new draft is kept. Change its rules; another person approves it."

    def after(self, rule_set: RoutingRuleSet) -> str:
        return _page_of(getattr(self, "drafted_id", rule_set.pk))


def next_version(name: str) -> str:
    """ "Euro cards" becomes "Euro cards, version 2", and that version 3."""
    found = VERSION.fullmatch(name)
    stem, number = (found[1], int(found[2])) if found else (name, 1)
    ending = f", version {number + 1}"
    return stem[: 100 - len(ending)] + ending


def _weights(answers: dict[str, Any]) -> dict[str, int]:
    return {name: answers[name] for name in ("authorization", "cost", "latency")}


def _page_of(rule_set_id: UUID) -> str:
    return reverse("admin:payments_routingruleset_change", args=[rule_set_id])


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
    form_class = ActivationForm

    @classmethod
    def applies(cls, rule_set: RoutingRuleSet) -> bool:
        return rule_set.status == S.APPROVED

    def form_arguments(self, rule_set: RoutingRuleSet) -> dict[str, Any]:
        active = find_active_rule_set(merchant_id=rule_set.merchant_id)
        replaces = active.public_id if active else NONE_ACTIVE
        return {"initial": {"shown": rule_set.content_hash, "replaces": replaces}}

    def explanation(self, rule_set: RoutingRuleSet) -> str:
        active = find_active_rule_set(merchant_id=rule_set.merchant_id)
        retired = f" The set that is active now, {active.name}, is retired." if active else ""
        return f"Every payment from now on follows these rules.{retired}"

    def perform(self, rule_set: RoutingRuleSet, answers: dict[str, Any]) -> str:
        replaces = answers["replaces"]
        activate_rule_set(
            merchant_id=rule_set.merchant_id,
            rule_set_id=rule_set.id,
            content_hash=answers["shown"],
            replaces="" if replaces == NONE_ACTIVE else replaces or None,
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
