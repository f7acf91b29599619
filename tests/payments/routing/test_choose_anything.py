"""The choice for any accounts, rules, health and experiment: eligible, explained, repeatable."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.errors import PspNotConfigured
from payments.routing.choose import choose_among, choose_psp
from payments.routing.conditions import read_conditions
from payments.routing.facts import Account, Candidate, Health, PaymentFacts
from payments.routing.rules import Rule, RuleSet, Target
from tests.payments.routing.situations import experiment


@st.composite
def situations(draw: Any) -> dict[str, Any]:
    count = draw(st.integers(1, 6))
    accounts = [
        Account(
            id=UUID(int=n + 1),
            name=f"a{n}",
            priority=draw(st.integers(0, 3)),
            is_active=draw(st.booleans()),
            currencies=draw(st.sampled_from([(), ("usd",), ("eur",)])),
        )
        for n in range(count)
    ]
    some = st.lists(st.sampled_from(accounts), min_size=1, max_size=3, unique=True)
    rules = tuple(
        Rule(
            f"r{n}",
            tuple(Target(one.id, 1 if split else None) for one in draw(some)),
            read_conditions(draw(st.sampled_from([{}, {"currency": ["usd"]}, {"currency": ["eur"]}]))),
            draw(st.booleans()),
        )
        for n in range(draw(st.integers(0, 3)))
        for split in [draw(st.booleans())]
    )
    arms = draw(st.lists(st.sampled_from(accounts), min_size=2, max_size=3, unique=True)) if count > 1 else []
    return {
        "facts": PaymentFacts(
            payment_id=UUID(int=draw(st.integers(0, 2**64))), amount_minor=500, currency="usd"
        ),
        "accounts": accounts,
        "accounts_with_token": frozenset(one.id for one in draw(some)),
        "health": {one.id: Health(draw(st.booleans()), "open") for one in accounts},
        "rules": draw(st.sampled_from([None, RuleSet(rules)])),
        "experiment": experiment(*((one, 1) for one in arms)) if arms else None,
        "tried": frozenset(one.id for one in draw(st.lists(st.sampled_from(accounts), max_size=1))),
    }


@given(situations())
def test_whatever_is_given_the_choice_is_eligible_explained_and_repeatable(situation: dict[str, Any]) -> None:
    try:
        decision = choose_psp(**situation)
    except PspNotConfigured:
        return
    by_id = {one.id: one for one in situation["accounts"]}
    for account_id in (decision.psp_account_id, *decision.alternatives):
        one = by_id[account_id]
        assert one.is_active
        assert not one.currencies or "usd" in one.currencies
        assert account_id in situation["accounts_with_token"]
        assert account_id not in situation["tried"]
    assert sorted(one.candidate.id for one in decision.considered) == sorted(by_id)
    assert all(one.reason for one in decision.considered)
    assert decision.considered[0].candidate.id == decision.psp_account_id
    assert choose_psp(**situation) == decision


@given(situations())
def test_decision_made_anew_from_what_was_kept_is_the_same(situation: dict[str, Any]) -> None:
    try:
        decision = choose_psp(**situation)
    except PspNotConfigured:
        return

    again = choose_among(
        facts=PaymentFacts.from_json(situation["facts"].as_json()),
        candidates=[Candidate.from_json(one.candidate.as_json()) for one in decision.considered],
        rules=situation["rules"],
        experiment=situation["experiment"],
    )

    assert (again.psp_account_id, again.alternatives) == (decision.psp_account_id, decision.alternatives)
    assert (again.arm, again.rule) == (decision.arm, decision.rule)


@given(situations(), st.randoms(use_true_random=False))
def test_order_in_which_accounts_are_given_changes_nothing(situation: dict[str, Any], chance: Any) -> None:
    shuffled = situation | {"accounts": chance.sample(situation["accounts"], len(situation["accounts"]))}
    try:
        decision = choose_psp(**situation)
    except PspNotConfigured:
        with pytest.raises(PspNotConfigured):
            choose_psp(**shuffled)
        return

    assert choose_psp(**shuffled).considered[0] == decision.considered[0]
