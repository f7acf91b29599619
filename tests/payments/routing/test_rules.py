"""Rules, conditions, arms and cost models as they are written down: read whole, or refused with the place."""

from __future__ import annotations

from typing import Any

import pytest

from foundation.ids import new_id
from payments.routing.conditions import ConditionsUnreadable, read_conditions
from payments.routing.costs import CostModelUnreadable, expected_cost_bps, read_cost_model
from payments.routing.experiments import ArmsUnreadable, read_arms
from payments.routing.rules import RulesUnreadable, content_hash, read_rule, read_weights

ONE, TWO = str(new_id()), str(new_id())


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ({"targets": [{"psp_account": ONE}]}, "needs a name and targets"),
        ({"name": "x", "targets": [{"psp_account": ONE}], "else": 1}, "needs a name and targets"),
        ({"name": "", "targets": [{"psp_account": ONE}]}, "1 to 100 characters"),
        ({"name": "x", "targets": []}, "names 1 to 50 accounts"),
        ({"name": "x", "targets": [{"psp_account": "psp_1"}]}, "names its psp_account"),
        ({"name": "x", "targets": ["psp_1"]}, "names its psp_account"),
        ({"name": "x", "targets": [{"psp_account": ONE}, {"psp_account": ONE}]}, "names an account twice"),
        ({"name": "x", "targets": [{"psp_account": ONE, "weight": 0}]}, "not all stand by"),
        ({"name": "x", "targets": [{"psp_account": ONE, "weight": -1}]}, "a weight is"),
        ({"name": "x", "targets": [{"psp_account": ONE, "weight": True}]}, "a weight is"),
        ({"name": "x", "targets": [{"psp_account": ONE, "weight": 1}, {"psp_account": TWO}]}, "or none"),
        ({"name": "x", "targets": [{"psp_account": ONE}], "only": "yes"}, "only is true or false"),
        ({"name": "x", "targets": [{"psp_account": ONE}], "conditions": {"moon": ["full"]}}, "'moon'"),
    ],
)
def test_rule_that_can_not_be_followed_is_refused_with_its_number(rule: dict[str, Any], words: str) -> None:
    with pytest.raises(RulesUnreadable, match="Rule 7") as refusal:
        read_rule(rule, 7)
    assert words in str(refusal.value)


@pytest.mark.parametrize(
    "conditions",
    [
        {"currency": "usd"},
        {"currency": []},
        {"currency": ["dollars"]},
        {"brand": [1]},
        {"bin": ["4a42"]},
        {"bin": ["123456789"]},
        {"off_session": "yes"},
        {"metadata": {"channel": "web"}},
        {"amount": {"gt": 5}, "currency": ["usd"]},
        {"amount": {"gte": 1.5}, "currency": ["usd"]},
        {"amount": {"gte": 500, "lte": 400}, "currency": ["usd"]},
        {"amount": {"gte": 500}},
        {"amount": {"gte": 500}, "currency": ["usd", "jpy"]},
    ],
)
def test_conditions_nobody_can_hold_are_refused(conditions: dict[str, Any]) -> None:
    with pytest.raises(ConditionsUnreadable):
        read_conditions(conditions)


@pytest.mark.parametrize("weights", [{"speed": 1}, {"cost": -1}, {"cost": 1.5}, {"cost": True}, []])
def test_weights_that_are_none_are_refused(weights: Any) -> None:
    with pytest.raises(RulesUnreadable):
        read_weights(weights)


def test_hash_covers_everything_that_decides_and_nothing_else() -> None:
    rule = {
        "name": "a",
        "conditions": {"currency": ["eur"]},
        "targets": [{"psp_account": ONE}],
        "only": False,
    }
    whole = content_hash([rule], {"cost": 50})

    assert content_hash([dict(reversed(rule.items()))], {"cost": 50}) == whole
    for changed in (
        [rule | {"name": "b"}],
        [rule | {"conditions": {"currency": ["usd"]}}],
        [rule | {"targets": [{"psp_account": TWO}]}],
        [rule | {"only": True}],
        [rule, rule],
        [],
    ):
        assert content_hash(changed, {"cost": 50}) != whole
    assert content_hash([rule], {"cost": 51}) != whole


@pytest.mark.parametrize(
    "arms",
    [
        [{"name": "a", "psp_account": ONE}],
        [{"name": "a", "psp_account": ONE}, {"name": "a", "psp_account": TWO}],
        [{"name": "a", "psp_account": ONE}, {"name": "b", "psp_account": ONE}],
        [{"name": "a", "psp_account": ONE, "weight": 0}, {"name": "b", "psp_account": TWO}],
        [{"name": "", "psp_account": ONE}, {"name": "b", "psp_account": TWO}],
        [{"psp_account": ONE}, {"name": "b", "psp_account": TWO}],
        [{"name": str(n), "psp_account": str(new_id())} for n in range(6)],
    ],
)
def test_arms_that_can_not_be_drawn_are_refused(arms: list[dict[str, Any]]) -> None:
    with pytest.raises(ArmsUnreadable):
        read_arms(arms)


def test_most_exact_entry_of_a_cost_model_holds() -> None:
    model = read_cost_model(
        [
            {"bps": 290, "fixed_minor": 30, "currency": "usd"},
            {"bps": 250},
            {"bps": 350, "brand": "amex"},
            {"bps": 140, "country": "DE"},
        ]
    )

    def cost(amount: int, **facts: str) -> int | None:
        return expected_cost_bps(
            model, amount_minor=amount, **{"brand": "visa", "country": "US", "currency": "usd", **facts}
        )

    assert cost(100_00) == 290 + 30
    assert cost(1_00) == 290 + 3_000
    assert cost(100_00, currency="eur") == 250
    assert cost(100_00, brand="amex") == 350
    assert cost(100_00, brand="amex", country="DE") == 140
    assert expected_cost_bps((), amount_minor=1, brand="", country="", currency="usd") is None


@pytest.mark.parametrize(
    "entries",
    [
        [{}],
        [{"bps": -1}],
        [{"bps": 1.5}],
        [{"bps": 1, "fixed_minor": 5}],
        [{"bps": 1, "per": "day"}],
        {"bps": 1},
    ],
)
def test_cost_model_that_can_not_be_read_is_refused(entries: Any) -> None:
    with pytest.raises(CostModelUnreadable):
        read_cost_model(entries)
