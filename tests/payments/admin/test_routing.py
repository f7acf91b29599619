"""Routing in the back office: rules take effect by two people, pages show the reasons, experiments their numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from foundation.context import acting
from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from foundation.tenancy.staff import create_staff
from payments.models import RoutingBacktest, RoutingDecision, RoutingExperiment, RoutingRuleSet
from payments.operations.create_experiment import create_experiment
from payments.operations.draft_rule_set import draft_rule_set
from payments.operations.start_experiment import start_experiment
from tests.factories.shop import Shop
from tests.factories.two_psps import TwoPsps, open_second_account

ClientOf = Callable[..., Client]
SETS = "/admin/payments/routingruleset/"


@pytest.fixture
def two(shop: Shop) -> TwoPsps:
    return open_second_account(shop)


@pytest.fixture
def person(two: TwoPsps) -> ClientOf:
    def make(username: str, role: str = "finance") -> Client:
        staff = create_staff(
            username=username, role=role, password="correct-horse-battery", merchant_ids=[two.shop.id]
        )
        client = Client()
        client.force_login(staff, backend="allauth.account.auth_backends.AuthenticationBackend")
        return client

    return make


def drafted(two: TwoPsps) -> RoutingRuleSet:
    rules = [{"name": "All to the second", "targets": [{"psp_account": str(two.second.id)}]}]
    with acting(actor="staff:ada"):
        return draft_rule_set(
            merchant_id=two.shop.id, rule_set_id=new_id(), name="Try the second", rules=rules
        )


def press(client: Client, rule_set: RoutingRuleSet, verb: str, **answers: Any) -> Any:
    form = {"form_key": new_id(), "shown": rule_set.content_hash, **answers}
    return client.post(f"{SETS}{rule_set.id}/{verb}/", form)


def status(two: TwoPsps) -> str:
    return RoutingRuleSet.objects.for_merchant(two.shop.id).get().status


def test_rules_take_effect_after_another_person_has_approved_and_activated_them(
    two: TwoPsps, person: ClientOf
) -> None:
    grace = person("grace")
    rule_set = drafted(two)

    assert press(grace, rule_set, "approve").status_code == 302
    assert press(grace, rule_set, "activate").status_code == 302

    assert two.decisions(two.shop.pays())[0].rule == "All to the second"
    page = grace.get(f"{SETS}{rule_set.id}/change/").content.decode()
    assert "All to the second" in page
    assert "ada" in page and "grace" in page


def test_who_wrote_the_rules_neither_approves_nor_activates_them(two: TwoPsps, person: ClientOf) -> None:
    ada, grace = person("ada"), person("grace")
    rule_set = drafted(two)

    assert press(ada, rule_set, "approve").status_code == 422
    assert status(two) == "draft"
    press(grace, rule_set, "approve")
    assert press(ada, rule_set, "activate").status_code == 422
    assert status(two) == "approved"


def test_activation_beside_another_is_refused_to_who_did_not_see_it(two: TwoPsps, person: ClientOf) -> None:
    grace, hugo = person("grace"), person("hugo")
    first, second = drafted(two), drafted(two)
    for rule_set in (first, second):
        press(grace, rule_set, "approve")
    page = hugo.get(f"{SETS}{second.id}/activate/")
    seen = page.context_data["form"]["replaces"].value()
    press(grace, first, "activate", replaces=seen)

    answer = press(hugo, second, "activate", replaces=seen)

    assert answer.status_code == 422
    assert "Another rule set became active meanwhile" in answer.content.decode()
    states = RoutingRuleSet.objects.for_merchant(two.shop.id).values_list("id", "status")
    assert dict(states) == {first.id: "active", second.id: "approved"}
    page = hugo.get(f"{SETS}{second.id}/activate/")
    press(hugo, second, "activate", replaces=page.context_data["form"]["replaces"].value())
    assert dict(states.all()) == {first.id: "retired", second.id: "active"}


def test_approval_of_what_was_rewritten_meanwhile_is_refused(two: TwoPsps, person: ClientOf) -> None:
    ada, grace = person("ada"), person("grace")
    seen = drafted(two)
    press(ada, seen, "edit", name="Other", authorization=100, cost=0, latency=0)

    answer = press(grace, seen, "approve")

    assert answer.status_code == 422
    assert "not what you were shown" in answer.content.decode()
    assert status(two) == "draft"


@pytest.mark.parametrize("role", ["agent", "senior_agent", "disputes", "auditor"])
def test_roles_without_routing_are_refused(two: TwoPsps, person: ClientOf, role: str) -> None:
    rule_set = drafted(two)
    client = person("grace", role)

    verbs = ("approve", "edit", "add_rule", "change_rule", "remove_rule", "copy", "retire", "backtest")

    answers = [press(client, rule_set, verb) for verb in verbs]

    assert {answer.status_code for answer in answers} <= {403, 404}
    assert status(two) == "draft"
    assert not RoutingBacktest.objects.for_merchant(two.shop.id).exists()


def test_back_test_lists_the_decisions_that_would_change(two: TwoPsps, person: ClientOf) -> None:
    ada = person("ada")
    two.shop.pays(12_34)
    rule_set = drafted(two)

    press(ada, rule_set, "backtest", days=1)
    run_due_jobs()

    backtest = RoutingBacktest.objects.for_merchant(two.shop.id).get()
    assert (backtest.status, backtest.looked_at, backtest.changed) == ("done", 1, 1)
    page = ada.get(f"/admin/payments/routingbacktest/{backtest.id}/change/").content.decode()
    assert "12.34 USD" in page
    assert "Scripted" in page and "Second" in page


def test_payment_leads_to_its_decision_and_back(two: TwoPsps, person: ClientOf) -> None:
    client = person("ada", "agent")
    intent = two.shop.pays()
    decision = RoutingDecision.objects.for_merchant(two.shop.id).get()

    payment = client.get(f"/admin/payments/paymentintent/{intent.id}/change/").content.decode()
    page = client.get(f"/admin/payments/routingdecision/{decision.id}/change/").content.decode()
    listed = client.get("/admin/payments/routingdecision/").content.decode()

    assert f"/admin/payments/routingdecision/{decision.id}/change/" in payment
    assert f"/admin/payments/paymentintent/{intent.id}/change/" in page
    assert "Every account, and why" in page
    assert intent.public_id in listed


def test_experiment_shows_its_arms_with_plots_and_without_any_inline_style(
    two: TwoPsps, person: ClientOf
) -> None:
    ada = person("ada")
    answer = ada.post(
        f"/admin/payments/routingexperiment/describe/{two.shop.id}/",
        {
            "form_key": new_id(),
            "name": "Second against first",
            f"arm_{two.first.id.hex}": "first",
            f"share_{two.first.id.hex}": "50",
            f"arm_{two.second.id.hex}": "second",
            f"share_{two.second.id.hex}": "50",
            "baseline": two.first.id.hex,
            "minimum_difference_bps": 300,
            "guardrail_bps": 0,
        },
    )
    assert answer.status_code == 302, answer.content.decode()
    experiment = RoutingExperiment.objects.for_merchant(two.shop.id).get()
    address = f"/admin/payments/routingexperiment/{experiment.id}/"
    assert "–" in ada.get(f"{address}change/").content.decode()

    ada.post(f"{address}start/", {"form_key": new_id()})
    for _ in range(12):
        two.shop.pays()
    page = ada.get(f"{address}change/").content.decode()
    ada.post(f"{address}stop/", {"form_key": new_id(), "reason": "enough"})

    plot = page[page.index('<svg class="bo-plot"') :]
    assert "<polyline" in plot
    assert "style=" not in plot[: plot.index("</svg>")]
    assert "no difference proven" in page
    stopped = RoutingExperiment.objects.for_merchant(two.shop.id).get()
    assert (stopped.status, stopped.stop_reason, stopped.stopped_by) == ("stopped", "enough", "staff:ada")


def test_another_merchants_routing_does_not_exist_for_a_person(
    two: TwoPsps, person: ClientOf, sandbox: Any
) -> None:
    from tests.factories.scripted_psp import ScriptedPsp
    from tests.factories.shop import open_shop

    other = open_shop(ScriptedPsp(sandbox, key=f"sk_test_{new_id().hex}"), name="Other")
    theirs = open_second_account(other)
    with acting(actor="staff:eve"):
        experiment = create_experiment(
            merchant_id=other.id,
            experiment_id=new_id(),
            name="x",
            arms=[
                {"name": "a", "psp_account": str(theirs.first.id)},
                {"name": "b", "psp_account": str(theirs.second.id)},
            ],
        )
    client = person("ada")

    answers = [
        client.get(f"/admin/payments/routingexperiment/{experiment.id}/change/"),
        client.post(f"/admin/payments/routingexperiment/{experiment.id}/start/", {"form_key": new_id()}),
        client.post(f"{SETS}draft/{other.id}/", {"form_key": new_id(), "name": "x", "rules": "[]"}),
    ]

    assert [answer.status_code for answer in answers[1:]] == [404, 404]
    assert answers[0].status_code in (302, 404)
    start_experiment(merchant_id=other.id, experiment_id=experiment.id)
