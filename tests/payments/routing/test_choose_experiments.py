"""Arms: drawn once, kept, and only for payments that could go to any of them."""

from __future__ import annotations

from typing import Any

import pytest

from foundation.ids import new_id
from payments.routing.conditions import read_conditions
from payments.routing.experiments import Experiment
from payments.routing.facts import Health
from payments.routing.rules import RuleSet
from tests.payments.routing.situations import account, decide, experiment, names, payment, rule


def test_arm_is_drawn_by_weight_and_stays_with_the_payment() -> None:
    one, two = account("one"), account("two")
    trial = experiment((one, 1), (two, 1))
    payments = [payment() for _ in range(1_000)]

    drawn = [decide([one, two], facts, experiment=trial) for facts in payments]

    assert [d.arm for d in drawn] == [decide([one, two], facts, experiment=trial).arm for facts in payments]
    assert abs(sum(d.psp_account_id == one.id for d in drawn) - 500) < 80
    assert all(d.arm is not None and d.arm.psp_account_id == d.psp_account_id for d in drawn)


def test_customer_of_a_sticky_experiment_stays_in_one_arm() -> None:
    one, two = account("one"), account("two")
    sticky, loose = experiment((one, 1), (two, 1), is_sticky=True), experiment((one, 1), (two, 1))
    customer = new_id()

    def arms(trial: Experiment) -> set[str]:
        payments = [payment(customer_id=customer) for _ in range(50)]
        return {decide([one, two], facts, experiment=trial).arm.name for facts in payments}  # type: ignore[union-attr]

    assert len(arms(sticky)) == 1
    assert len(arms(loose)) == 2


def test_two_experiments_draw_independently_of_each_other() -> None:
    one, two = account("one"), account("two")
    first, second = experiment((one, 1), (two, 1)), experiment((one, 1), (two, 1))
    payments = [payment() for _ in range(1_000)]

    same = sum(first.arm_of(facts).name == second.arm_of(facts).name for facts in payments)

    assert abs(same - 500) < 80


@pytest.mark.parametrize("why", ["no token", "tried", "away", "rule", "conditions"])
def test_payment_that_could_not_go_to_every_arm_takes_no_part(why: str) -> None:
    one, two, three = account("one"), account("two"), account("three")
    trial = experiment((one, 1), (two, 1), conditions=read_conditions({"currency": ["usd"]}))
    facts = payment(currency="eur" if why == "conditions" else "usd")
    arguments: dict[str, Any] = {
        "no token": {"holding": [one, three]},
        "tried": {"tried": {two.id}},
        "away": {"health": {two.id: Health(False, "open")}},
        "rule": {"rules": RuleSet((rule(three),))},
        "conditions": {},
    }[why]

    decision = decide([one, two, three], facts, experiment=trial, **arguments)

    assert (decision.arm, decision.experiment) == (None, None)


def test_rule_that_names_the_arms_leaves_the_choice_to_the_experiment() -> None:
    one, two, three = account("one"), account("two"), account("three", priority=1)
    trial = experiment((one, 1), (two, 1))

    decision = decide([one, two, three], experiment=trial, rules=RuleSet((rule(one, two),)))

    assert decision.arm is not None
    assert names(decision)[0] == decision.arm.name
    assert names(decision)[2] == "three"
