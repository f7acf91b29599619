"""/v1/routing: rule sets as drafts, experiments with their results, decisions with their reasons.

Approving and activating rules are not here: they take another person, and a key is nobody.
"""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from foundation.http.openapi import endpoint
from foundation.http.serializers import id_from_url
from foundation.http.views import ApiView
from payments.api import routing_inputs as inputs
from payments.api.common import created_within
from payments.models import RoutingExperiment, RoutingRuleSet
from payments.operations.create_experiment import create_experiment
from payments.operations.draft_rule_set import draft_rule_set
from payments.operations.redraft_rule_set import redraft_rule_set
from payments.operations.retire_rule_set import retire_rule_set
from payments.operations.start_experiment import start_experiment
from payments.operations.stop_experiment import stop_experiment
from payments.queries.experiment_results import read_arm_results
from payments.queries.routing import (
    get_decision,
    get_experiment,
    get_rule_set,
    list_decisions,
    list_experiments,
    list_rule_sets,
    list_rules,
)
from payments.routing.results import arm_shape, report
from payments.shapes.routing import decision_shape, experiment_shape, rule_set_shape

RULE_SET = "routing.rule_set"
EXPERIMENT = "routing.experiment"
DECISION = "routing.decision"


class RuleSetsView(ApiView):
    scope = "routing"

    @endpoint("Draft routing rules", input=inputs.RuleSetCreateInput, returns=RULE_SET)
    def post(self, request: Request) -> HttpResponse:
        params = self.input()
        rule_set = draft_rule_set(
            merchant_id=self.merchant_id,
            rule_set_id=self.reserved_id,
            name=params["name"],
            rules=params.get("rules", []),
            weights=params.get("weights"),
            note=params.get("note", ""),
        )
        return self.respond(_rule_set(self.merchant_id, rule_set))

    @endpoint("List routing rule sets", input=inputs.RuleSetListInput, returns=RULE_SET, page="list")
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        rows = list_rule_sets(merchant_id=self.merchant_id)
        if "status" in params:
            rows = rows.filter(status=params["status"])
        return self.respond_list(
            rows,
            params,
            prefix=RoutingRuleSet.public_prefix,
            kind=RULE_SET,
            to_shape=lambda row: rule_set_shape(row, list_rules(row)),
            cursor_queryset=list_rule_sets(merchant_id=self.merchant_id),
        )


class RuleSetView(ApiView):
    scope = "routing"

    @endpoint("Retrieve a routing rule set", returns=RULE_SET)
    def get(self, request: Request, id: str) -> HttpResponse:
        self.input()
        rule_set = get_rule_set(merchant_id=self.merchant_id, rule_set_id=_rule_set_id(id))
        return self.respond(rule_set_shape(rule_set, list_rules(rule_set)))

    @endpoint("Rewrite a draft of routing rules", input=inputs.RuleSetUpdateInput, returns=RULE_SET)
    def post(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        rule_set = redraft_rule_set(
            merchant_id=self.merchant_id,
            rule_set_id=_rule_set_id(id),
            rules=params["rules"],
            weights=params.get("weights") or {},
            name=params.get("name"),
        )
        return self.respond(_rule_set(self.merchant_id, rule_set))


class RuleSetRetireView(ApiView):
    scope = "routing"

    @endpoint("Retire a routing rule set", returns=RULE_SET)
    def post(self, request: Request, id: str) -> HttpResponse:
        self.input()
        rule_set = retire_rule_set(merchant_id=self.merchant_id, rule_set_id=_rule_set_id(id))
        return self.respond(_rule_set(self.merchant_id, rule_set))


class ExperimentsView(ApiView):
    scope = "routing"

    @endpoint("Describe a routing experiment", input=inputs.ExperimentCreateInput, returns=EXPERIMENT)
    def post(self, request: Request) -> HttpResponse:
        params = self.input()
        params["is_sticky"] = params.pop("sticky", False)
        experiment = create_experiment(merchant_id=self.merchant_id, experiment_id=self.reserved_id, **params)
        return self.respond(experiment_shape(experiment))

    @endpoint("List routing experiments", input=inputs.ExperimentListInput, returns=EXPERIMENT, page="list")
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        rows = list_experiments(merchant_id=self.merchant_id)
        if "status" in params:
            rows = rows.filter(status=params["status"])
        return self.respond_list(
            rows,
            params,
            prefix=RoutingExperiment.public_prefix,
            kind=EXPERIMENT,
            to_shape=experiment_shape,
            cursor_queryset=list_experiments(merchant_id=self.merchant_id),
        )


class ExperimentView(ApiView):
    scope = "routing"

    @endpoint("Retrieve a routing experiment with its results", returns=EXPERIMENT)
    def get(self, request: Request, id: str) -> HttpResponse:
        self.input()
        experiment = get_experiment(merchant_id=self.merchant_id, experiment_id=_experiment_id(id))
        return self.respond(experiment_shape(experiment, _results(experiment)))


class ExperimentStartView(ApiView):
    scope = "routing"

    @endpoint("Start a routing experiment", returns=EXPERIMENT)
    def post(self, request: Request, id: str) -> HttpResponse:
        self.input()
        experiment = start_experiment(merchant_id=self.merchant_id, experiment_id=_experiment_id(id))
        return self.respond(experiment_shape(experiment))


class ExperimentStopView(ApiView):
    scope = "routing"

    @endpoint("Stop a routing experiment", input=inputs.ExperimentStopInput, returns=EXPERIMENT)
    def post(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        experiment = stop_experiment(
            merchant_id=self.merchant_id, experiment_id=_experiment_id(id), reason=params["reason"]
        )
        return self.respond(experiment_shape(experiment))


class DecisionsView(ApiView):
    scope = "routing"

    @endpoint("List routing decisions", input=inputs.DecisionListInput, returns=DECISION, page="list")
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        rows = created_within(list_decisions(merchant_id=self.merchant_id), params)
        for name in ("payment_intent", "psp_account", "experiment"):
            if name in params:
                rows = rows.filter(**{f"{name}_id": params[name]})
        return self.respond_list(
            rows,
            params,
            prefix="rtd",
            kind=DECISION,
            to_shape=decision_shape,
            cursor_queryset=list_decisions(merchant_id=self.merchant_id),
        )


class DecisionView(ApiView):
    scope = "routing"

    @endpoint("Retrieve a routing decision", returns=DECISION)
    def get(self, request: Request, id: str) -> HttpResponse:
        self.input()
        decision_id = id_from_url("rtd", id, kind=DECISION)
        return self.respond(
            decision_shape(get_decision(merchant_id=self.merchant_id, decision_id=decision_id))
        )


def _rule_set(merchant_id: UUID, rule_set: RoutingRuleSet) -> dict[str, Any]:
    """Read anew: its rules were just written."""
    fresh = get_rule_set(merchant_id=merchant_id, rule_set_id=rule_set.id)
    return rule_set_shape(fresh, list_rules(fresh))


def _results(experiment: RoutingExperiment) -> list[dict[str, Any]]:
    _, arms = report(
        read_arm_results(experiment),
        confidence_bps=experiment.confidence_bps,
        minimum_difference_bps=experiment.minimum_difference_bps,
        guardrail_bps=experiment.guardrail_bps,
    )
    return [arm_shape(arm) for arm in arms]


def _rule_set_id(text: str) -> UUID:
    return id_from_url(RoutingRuleSet.public_prefix, text, kind=RULE_SET)


def _experiment_id(text: str) -> UUID:
    return id_from_url(RoutingExperiment.public_prefix, text, kind=EXPERIMENT)
