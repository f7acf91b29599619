"""Experiments end to end: drawn payments, counted outcomes, and a bad arm that stops them by itself."""

from __future__ import annotations

import random
from typing import Any

import pytest
from django.db import transaction

from foundation import clock
from foundation.ids import new_id
from foundation.money import Money
from payments.errors import ExperimentInvalid, ExperimentUnexpectedState
from payments.models import PaymentMethod, RoutingDecision, RoutingExperiment
from payments.operations.attach_payment_method import attach_payment_method
from payments.operations.create_customer import create_customer
from payments.operations.create_experiment import create_experiment
from payments.operations.create_payment_intent import create_payment_intent
from payments.operations.execute_attempt import execute_attempt
from payments.operations.start_experiment import start_experiment
from payments.operations.stop_experiment import stop_experiment
from payments.operations.watch_experiments import watch_experiments
from payments.queries.experiment_results import read_arm_results, read_course
from tests.factories.later import later
from tests.factories.shop import Shop
from tests.factories.two_psps import TwoPsps, open_second_account

GOOD = "pm_card_visa"
BAD = "pm_card_sandbox_visa_lost_card"


@pytest.fixture
def two(shop: Shop) -> TwoPsps:
    return open_second_account(shop)


def running(two: TwoPsps, **fields: Any) -> RoutingExperiment:
    experiment = create_experiment(
        merchant_id=two.shop.id,
        experiment_id=new_id(),
        name="Second against first",
        arms=[
            {"name": "first", "psp_account": two.first.id, "weight": 1},
            {"name": "second", "psp_account": two.second.id, "weight": 1},
        ],
        **fields,
    )
    return start_experiment(merchant_id=two.shop.id, experiment_id=experiment.id)


def pays(two: TwoPsps, method: PaymentMethod, **fields: Any) -> RoutingDecision:
    created = create_payment_intent(
        merchant_id=two.shop.id,
        payment_intent_id=new_id(),
        amount=Money(10_00, "usd"),
        payment_method_id=method.id,
        confirm=True,
        **fields,
    )
    assert created.order is not None
    execute_attempt(merchant_id=two.shop.id, attempt_id=created.order.attempt_id, order=created.order)
    return two.decisions(created.intent)[0]


def counts(experiment: RoutingExperiment) -> dict[str, tuple[int, int]]:
    return {
        result.name: (result.outcomes.tried, result.outcomes.authorized)
        for result in read_arm_results(experiment)
    }


def test_payments_are_drawn_into_both_arms_and_counted_there(two: TwoPsps) -> None:
    experiment = running(two)
    good, bad_at_second = two.shop.method(), two.method(GOOD, BAD)

    decisions = [pays(two, method) for method in [good, bad_at_second] * 15]

    by_arm = {arm: [d for d in decisions if d.arm == arm] for arm in ("first", "second")}
    assert by_arm["first"] and by_arm["second"]
    assert {d.psp_account.name for d in by_arm["first"]} == {"Scripted"}
    assert {d.psp_account.name for d in by_arm["second"]} == {"Second"}
    found = counts(experiment)
    assert found["first"] == (len(by_arm["first"]),) * 2
    assert found["second"][0] == len(by_arm["second"])
    assert found["second"][1] == two.charges[1]
    first, second = read_arm_results(experiment)
    assert first.cost_bps.value is not None and round(first.cost_bps.value) == 590
    assert second.latency_ms.count == len(by_arm["second"])


def test_course_ends_with_what_was_found(two: TwoPsps) -> None:
    experiment = running(two)
    for _ in range(8):
        pays(two, two.shop.method())

    with later(60):
        course = read_course(experiment, until=clock.now())

    assert {name: (line[-1][1].tried, line[-1][1].authorized) for name, line in course.items() if line} == {
        name: found for name, found in counts(experiment).items() if found[0]
    }


def test_bad_arm_stops_the_experiment_by_itself_and_payments_go_the_usual_way_again(two: TwoPsps) -> None:
    experiment = running(two)
    good, bad = two.shop.method(), two.method(GOOD, BAD)
    chance = random.Random(4)

    stopped_after = None
    for number in range(1, 401):
        # The second account authorizes half of what the first does.
        pays(two, bad if chance.random() < 0.5 else good)
        if number % 20 == 0 and watch_experiments():
            stopped_after = number
            break

    assert stopped_after is not None
    row = RoutingExperiment.objects.for_merchant(two.shop.id).get(pk=experiment.id)
    assert row.status == "stopped"
    assert row.stop_reason.startswith("Guardrail: “second” authorizes -")
    assert {arm["name"]: arm["word"] for arm in row.last_look["arms"]} == {"first": "open", "second": "worse"}
    after = [pays(two, good) for _ in range(6)]
    assert {(d.psp_account.name, d.arm) for d in after} == {("Scripted", "")}


def test_customer_of_a_sticky_experiment_keeps_the_arm_and_counts_once(two: TwoPsps) -> None:
    experiment = running(two, is_sticky=True)
    customer = create_customer(merchant_id=two.shop.id, customer_id=new_id(), name="Ada")
    method = two.shop.method()
    attach_payment_method(merchant_id=two.shop.id, payment_method_id=method.id, customer_id=customer.id)

    decisions = [pays(two, method, customer_id=customer.id) for _ in range(4)]

    assert len({d.arm for d in decisions}) == 1
    assert {d.experiment_unit for d in decisions} == {customer.id}
    assert sorted(found[0] for found in counts(experiment).values()) == [0, 1]


def test_failover_out_of_an_arm_leaves_the_refusal_with_the_arm(two: TwoPsps) -> None:
    experiment = running(two)
    soft = "pm_card_sandbox_visa_try_again_later"

    # The arm is drawn from the payment's id: pay until the first arm was drawn, at the thirtieth at the latest.
    firsts = [pays(two, two.method(soft, GOOD))]
    while firsts[-1].arm != "first" and len(firsts) < 30:
        firsts.append(pays(two, two.method(soft, GOOD)))

    in_first = sum(d.arm == "first" for d in firsts)
    assert in_first == 1
    assert counts(experiment)["first"] == (in_first, 0)
    later_tries = RoutingDecision.objects.for_merchant(two.shop.id).filter(is_failover=True)
    assert later_tries.count() == in_first
    assert set(later_tries.values_list("arm", flat=True)) == {""}


def test_experiment_that_was_started_does_not_change_any_more(two: TwoPsps) -> None:
    experiment = running(two)

    rows = RoutingExperiment.objects.for_merchant(two.shop.id).filter(pk=experiment.id)
    for change in ({"arms": []}, {"is_sticky": True}, {"conditions": {"currency": ["eur"]}}):
        with pytest.raises(Exception, match="does not change"), transaction.atomic():
            rows.update(**change)


def test_one_experiment_at_a_time_and_none_twice(two: TwoPsps) -> None:
    first = running(two)
    with pytest.raises(ExperimentUnexpectedState):
        running(two)

    stop_experiment(merchant_id=two.shop.id, experiment_id=first.id, reason="enough")
    again = stop_experiment(merchant_id=two.shop.id, experiment_id=first.id, reason="other")

    assert again.stop_reason == "enough"
    with pytest.raises(ExperimentUnexpectedState):
        start_experiment(merchant_id=two.shop.id, experiment_id=first.id)
    assert running(two).status == "running"


def test_arm_to_an_account_that_does_not_exist_is_refused(two: TwoPsps) -> None:
    with pytest.raises(ExperimentInvalid):
        create_experiment(
            merchant_id=two.shop.id,
            experiment_id=new_id(),
            name="x",
            arms=[
                {"name": "a", "psp_account": two.first.id},
                {"name": "b", "psp_account": new_id()},
            ],
        )
    assert not RoutingExperiment.objects.for_merchant(two.shop.id).exists()
