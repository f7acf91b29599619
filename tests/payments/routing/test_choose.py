"""Which PSP account a payment goes to, and why every other one does not."""

from __future__ import annotations

from typing import Any

import pytest

from payments.errors import PspNotConfigured
from payments.routing.conditions import read_conditions
from payments.routing.costs import CostEntry
from payments.routing.facts import Health
from payments.routing.rules import RuleSet, Weights
from payments.routing.scores import Scores, Tally
from tests.payments.routing.situations import account, decide, names, payment, reasons, rule

# --- Eligibility and the accounts' own order


def test_lowest_priority_number_wins() -> None:
    assert names(decide([account("second", priority=20), account("first", priority=10)])) == [
        "first",
        "second",
    ]


def test_older_account_wins_a_tie() -> None:
    older, newer = account("older"), account("newer")

    assert names(decide([newer, older])) == ["older", "newer"]


@pytest.mark.parametrize(
    ("fields", "facts", "reason"),
    [
        ({"is_active": False}, {}, "switched off"),
        ({"currencies": ("eur",)}, {}, "does not take USD"),
        ({"method_types": ("card",)}, {"method_type": "sepa_debit"}, "does not take sepa_debit"),
        ({"supported_types": ("card",)}, {"method_type": "sepa_debit"}, "does not take sepa_debit"),
        (
            {"method_types": ("card", "upi"), "supported_types": ("card",)},
            {"method_type": "upi"},
            "does not take upi",
        ),
        ({"can_hold": False}, {"capture_method": "manual"}, "can not hold an amount for a later capture"),
    ],
)
def test_account_that_can_not_take_the_payment_is_passed_over_with_its_reason(
    fields: dict[str, Any], facts: dict[str, Any], reason: str
) -> None:
    unfit, fit = account("unfit", priority=1, **fields), account("fit", priority=2)

    decision = decide([unfit, fit], payment(**facts))

    assert names(decision) == ["fit"]
    assert reasons(decision)["unfit"] == reason
    with pytest.raises(PspNotConfigured, match="unfit"):
        decide([unfit], payment(**facts))


def test_account_without_a_token_of_the_method_cannot_charge_it() -> None:
    cheap, holder = account("cheap", priority=1), account("holder", priority=2)

    decision = decide([cheap, holder], holding=[holder])

    assert names(decision) == ["holder"]
    assert reasons(decision)["cheap"] == "has no token of this payment method"


def test_nobody_at_all_is_a_refusal() -> None:
    with pytest.raises(PspNotConfigured):
        decide([])


def test_account_that_does_not_answer_is_passed_over() -> None:
    sick, well = account("sick", priority=1), account("well", priority=2)

    decision = decide([sick, well], health={sick.id: Health(False, "open")})

    assert names(decision) == ["well"]
    assert reasons(decision)["sick"] == "not available (open)"


def test_when_nobody_answers_a_first_try_goes_where_it_would_have_gone() -> None:
    """Its guard turns it away without harm, and the caller hears that the PSP is away: not that there is none."""
    one, other = account("one", priority=1), account("other", priority=2)
    health = {one.id: Health(False, "open"), other.id: Health(False, "open")}

    assert names(decide([one, other], health=health)) == ["one", "other"]
    with pytest.raises(PspNotConfigured):
        decide([one, other], health=health, tried={one.id})


def test_account_that_refused_just_now_is_not_asked_again() -> None:
    one, other = account("one", priority=1), account("other", priority=2)

    decision = decide([one, other], tried={one.id})

    assert names(decision) == ["other"]
    assert reasons(decision)["one"] == "tried just now"
    with pytest.raises(PspNotConfigured):
        decide([one, other], tried={one.id, other.id})


# --- Rules


def test_first_rule_that_holds_decides_and_the_others_stay_for_failover() -> None:
    cheap, euro, dear = (account(name, priority=n) for n, name in enumerate(("cheap", "euro", "dear")))
    rules = RuleSet((rule(euro, currency=["eur"]), rule(dear, brand=["amex"])))

    assert names(decide([cheap, euro, dear], payment(currency="eur", brand="amex"), rules=rules)) == [
        "euro",
        "cheap",
        "dear",
    ]
    assert names(decide([cheap, euro, dear], payment(brand="amex"), rules=rules))[0] == "dear"
    assert names(decide([cheap, euro, dear], payment(), rules=rules))[0] == "cheap"


def test_rule_whose_accounts_are_away_leaves_the_word_to_the_next() -> None:
    one, two, three = (account(name, priority=n) for n, name in enumerate(("one", "two", "three")))
    rules = RuleSet((rule(two), rule(three)))

    decision = decide([one, two, three], rules=rules, health={two.id: Health(False, "open")})

    assert names(decision) == ["three", "one"]
    assert decision.rule == "three"


def test_exclusive_rule_bars_the_others_even_when_its_own_account_is_away() -> None:
    one, two = account("one"), account("two")
    rules = RuleSet((rule(two, only=True),))

    decision = decide([one, two], rules=rules)

    assert names(decision) == ["two"]
    assert reasons(decision)["one"] == "rule “two” allows only others"
    with pytest.raises(PspNotConfigured):
        decide([one, two], rules=rules, health={two.id: Health(False, "open")})


@pytest.mark.parametrize(
    ("conditions", "facts", "holds"),
    [
        ({}, {}, True),
        ({"currency": ["usd"], "amount": {"gte": 1_000}}, {}, True),
        ({"currency": ["usd"], "amount": {"gte": 1_001}}, {}, False),
        ({"currency": ["usd"], "amount": {"lte": 999}}, {}, False),
        ({"currency": ["usd"], "amount": {"gte": 1_000, "lte": 1_000}}, {}, True),
        ({"country": ["de"]}, {"country": "DE"}, True),
        ({"country": ["DE", "FR"]}, {"country": "GB"}, False),
        ({"brand": ["visa"], "funding": ["debit"]}, {"brand": "visa", "funding": "credit"}, False),
        ({"bin": ["400000"]}, {"bin": "40000012"}, True),
        ({"bin": ["400000"]}, {"bin": "41111111"}, False),
        ({"bin": ["4000"]}, {}, False),
        ({"metadata": {"channel": ["web", "app"]}}, {"metadata": {"channel": "app"}}, True),
        ({"metadata": {"channel": ["web"]}}, {}, False),
        ({"off_session": True}, {"off_session": True}, True),
        ({"off_session": False}, {"off_session": True}, False),
        ({"wallet": ["apple_pay"]}, {"wallet": "apple_pay"}, True),
        ({"method_type": ["sepa_debit"]}, {}, False),
    ],
)
def test_condition_on_every_fact(conditions: dict[str, Any], facts: dict[str, Any], holds: bool) -> None:
    assert read_conditions(conditions).hold(payment(**facts)) is holds


def test_split_gives_each_account_its_share_and_a_payment_always_the_same() -> None:
    one, two = account("one"), account("two")
    rules = RuleSet((rule((one, 70), (two, 30)),))
    payments = [payment() for _ in range(3_000)]

    firsts = [names(decide([one, two], facts, rules=rules))[0] for facts in payments]

    assert firsts == [names(decide([one, two], facts, rules=rules))[0] for facts in payments]
    # Five standard deviations of a fair draw: 125.
    assert abs(firsts.count("one") - 2_100) < 126


def test_share_of_an_account_that_is_away_goes_to_the_others_by_their_weights() -> None:
    one, two, three = account("one"), account("two"), account("three")
    rules = RuleSet((rule((one, 50), (two, 40), (three, 10)),))

    away = {"health": {one.id: Health(False, "open")}}
    firsts = [names(decide([one, two, three], rules=rules, **away))[0] for _ in range(1_000)]

    assert firsts.count("one") == 0
    assert abs(firsts.count("two") - 800) < 64


# --- Scores and costs


def scores_of(**rates: Any) -> Scores:
    segment = ("usd", "visa", "US", "credit")
    return Scores({(one.id, segment): Tally(1_000, 10 * rate, 300_000) for one, rate in rates.values()})


def test_scores_decide_where_rules_are_active_and_priority_where_they_are_not() -> None:
    worse, better = account("worse", priority=1), account("better", priority=2)
    scores = scores_of(a=(worse, 85), b=(better, 95))
    facts = payment(brand="visa", country="US", funding="credit")

    assert names(decide([worse, better], facts, scores=scores, rules=RuleSet()))[0] == "better"
    assert names(decide([worse, better], facts, scores=scores))[0] == "worse"


def test_a_point_of_authorization_outweighs_less_than_a_percent_of_cost() -> None:
    costly = account("costly", costs=(CostEntry(bps=290, fixed_minor=30, currency="usd"),))
    cheap = account("cheap", priority=999, costs=(CostEntry(bps=150),))
    scores = scores_of(a=(costly, 95), b=(cheap, 94))
    facts = payment(brand="visa", country="US", funding="credit")

    assert names(decide([costly, cheap], facts, scores=scores, rules=RuleSet()))[0] == "cheap"
    heavy = RuleSet(weights=Weights(authorization=1_000))
    assert names(decide([costly, cheap], facts, scores=scores, rules=heavy))[0] == "costly"


def test_slow_account_loses_when_latency_counts() -> None:
    slow, fast = account("slow", priority=1), account("fast", priority=2)
    segment = ("usd", "", "", "")
    scores = Scores(
        {(slow.id, segment): Tally(100, 90, 100 * 3_000), (fast.id, segment): Tally(100, 90, 100 * 200)}
    )

    by_latency = RuleSet(weights=Weights(latency=10))
    assert names(decide([slow, fast], scores=scores, rules=by_latency))[0] == "fast"
    assert names(decide([slow, fast], scores=scores, rules=RuleSet()))[0] == "slow"


# --- Standing by


def test_those_that_stand_by_follow_the_shares_in_the_order_written_and_before_all_others() -> None:
    unnamed = account("unnamed", priority=1)
    late, soon, half, rest = (account(name, priority=9) for name in ("late", "soon", "half", "rest"))
    rules = RuleSet((rule((half, 1), (rest, 1), (soon, 0), (late, 0)),))

    decision = decide([unnamed, late, soon, half, rest], rules=rules)

    assert set(names(decision)[:2]) == {"half", "rest"}
    assert names(decision)[2:] == ["soon", "late", "unnamed"]
    assert "(stands by)" in reasons(decision)["soon"]


def test_those_that_stand_by_follow_the_ones_that_compete_by_score() -> None:
    standby, slow, good = (
        account("standby", priority=1),
        account("slow", priority=3),
        account("good", priority=2),
    )
    rules = RuleSet((rule(slow, good, (standby, 0)),))

    assert names(decide([standby, slow, good], rules=rules)) == ["good", "slow", "standby"]


def test_one_that_stands_by_takes_the_payments_when_the_others_are_away() -> None:
    away, standby, unnamed = account("away"), account("standby"), account("unnamed", priority=1)
    rules = RuleSet((rule((away, 100), (standby, 0)),))

    decision = decide([away, standby, unnamed], rules=rules, health={away.id: Health(False, "open")})

    assert names(decision) == ["standby", "unnamed"]
