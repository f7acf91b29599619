"""Rule sets: drafted by one, approved and activated by another, frozen from then on, followed at once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from foundation.context import acting
from foundation.errors import ResourceMissing
from foundation.ids import new_id
from payments.errors import (
    RoutingRulesInvalid,
    RuleSetDiffers,
    RuleSetNeedsAnother,
    RuleSetUnexpectedState,
)
from payments.models import RoutingRule, RoutingRuleSet
from payments.operations.activate_rule_set import activate_rule_set
from payments.operations.approve_rule_set import approve_rule_set
from payments.operations.draft_rule_set import draft_rule_set
from payments.operations.redraft_rule_set import redraft_rule_set
from payments.operations.retire_rule_set import retire_rule_set
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop, open_shop
from tests.factories.two_psps import TwoPsps, open_second_account

Make = Callable[..., RoutingRuleSet]


@pytest.fixture
def two(shop: Shop) -> TwoPsps:
    return open_second_account(shop)


def to_second(two: TwoPsps, **rule: Any) -> list[dict[str, Any]]:
    return [{"name": "All to the second", "targets": [{"psp_account": two.second.id}], **rule}]


def drafted(two: TwoPsps, rules: list[dict[str, Any]] | None = None, **fields: Any) -> RoutingRuleSet:
    with acting(actor="staff:ada"):
        return draft_rule_set(
            merchant_id=two.shop.id,
            rule_set_id=new_id(),
            name="Rules",
            rules=to_second(two) if rules is None else rules,
            **fields,
        )


def approved(two: TwoPsps, rule_set: RoutingRuleSet, *, by: str = "staff:grace") -> RoutingRuleSet:
    with acting(actor=by):
        return approve_rule_set(
            merchant_id=two.shop.id, rule_set_id=rule_set.id, content_hash=rule_set.content_hash
        )


def activated(two: TwoPsps, rule_set: RoutingRuleSet, *, by: str = "staff:grace") -> RoutingRuleSet:
    with acting(actor=by):
        return activate_rule_set(
            merchant_id=two.shop.id, rule_set_id=rule_set.id, content_hash=rule_set.content_hash
        )


def statuses(two: TwoPsps) -> list[str]:
    rows = RoutingRuleSet.objects.for_merchant(two.shop.id).order_by("id")
    return list(rows.values_list("status", flat=True))


def where(two: TwoPsps, **fields: Any) -> str:
    return two.decisions(two.shop.pays(**fields))[0].psp_account.name


def test_next_payment_follows_the_rules_and_not_one_before(two: TwoPsps) -> None:
    rule_set = drafted(two)
    assert where(two) == "Scripted"
    approved(two, rule_set)
    assert where(two) == "Scripted"

    activated(two, rule_set)

    assert where(two) == "Second"
    assert two.charges == (2, 1)


def test_new_set_takes_the_place_of_the_active_one_at_once(two: TwoPsps) -> None:
    first, second = drafted(two), drafted(two, rules=[])
    approved(two, first)
    activated(two, first)
    assert where(two) == "Second"

    approved(two, second)
    activated(two, second)

    assert where(two) == "Scripted"
    assert statuses(two) == ["retired", "active"]


def test_retired_set_is_followed_no_more(two: TwoPsps) -> None:
    rule_set = drafted(two)
    approved(two, rule_set)
    activated(two, rule_set)

    retire_rule_set(merchant_id=two.shop.id, rule_set_id=rule_set.id)

    assert where(two) == "Scripted"
    with pytest.raises(RuleSetUnexpectedState):
        activated(two, rule_set)


def test_decision_names_the_set_and_the_rule_that_held(two: TwoPsps) -> None:
    rule_set = drafted(two, to_second(two, conditions={"currency": ["eur"]}))
    approved(two, rule_set)
    activated(two, rule_set)

    (held,) = two.decisions(two.shop.pays(currency="eur"))
    (asked,) = two.decisions(two.shop.pays(currency="usd"))

    assert (held.rule_set_id, held.rule, held.psp_account.name) == (
        rule_set.id,
        "All to the second",
        "Second",
    )
    assert (asked.rule_set_id, asked.rule, asked.psp_account.name) == (rule_set.id, "", "Scripted")
    assert held.facts["currency"] == "eur"


# --- Two people


def test_who_wrote_it_decides_nothing_of_it(two: TwoPsps) -> None:
    rule_set = drafted(two)

    with pytest.raises(RuleSetNeedsAnother):
        approved(two, rule_set, by="staff:ada")
    approved(two, rule_set)
    with pytest.raises(RuleSetNeedsAnother):
        activated(two, rule_set, by="staff:ada")

    assert statuses(two) == ["approved"]
    assert where(two) == "Scripted"


def test_who_rewrites_a_draft_is_its_author(two: TwoPsps) -> None:
    rule_set = drafted(two)
    with acting(actor="staff:grace"):
        rewritten = redraft_rule_set(
            merchant_id=two.shop.id, rule_set_id=rule_set.id, rules=[], weights={"cost": 50}
        )

    with pytest.raises(RuleSetNeedsAnother):
        approved(two, rewritten)
    assert approved(two, rewritten, by="staff:ada").status == "approved"


@pytest.mark.parametrize("step", ["approved", "activated"])
def test_postgresql_refuses_one_person_for_both_as_well(two: TwoPsps, step: str) -> None:
    rule_set = drafted(two)
    setattr(rule_set, f"{step}_by", rule_set.drafted_by)
    setattr(rule_set, f"{step}_at", rule_set.drafted_at)

    with pytest.raises(IntegrityError, match="routing_maker_is_not"), transaction.atomic():
        rule_set.save()


# --- Exactly this content


def test_approval_and_activation_hold_for_the_content_that_was_shown(two: TwoPsps) -> None:
    shown = drafted(two)
    with acting(actor="staff:ada"):
        now = redraft_rule_set(merchant_id=two.shop.id, rule_set_id=shown.id, rules=[], weights={})

    with pytest.raises(RuleSetDiffers):
        approved(two, shown)
    approved(two, now)
    with pytest.raises(RuleSetDiffers):
        activated(two, shown)

    assert statuses(two) == ["approved"]


def test_approved_rules_can_not_be_rewritten_by_anybody(two: TwoPsps) -> None:
    rule_set = drafted(two)
    approved(two, rule_set)

    with pytest.raises(RuleSetUnexpectedState):
        redraft_rule_set(merchant_id=two.shop.id, rule_set_id=rule_set.id, rules=[], weights={})
    rules = RoutingRule.objects.for_merchant(two.shop.id)
    for change in (
        lambda: rules.update(only=True),
        lambda: rules.delete(),
        lambda: RoutingRule(
            merchant_id=two.shop.id, rule_set=rule_set, position=9, name="x", targets=[]
        ).save(),
    ):
        with pytest.raises(IntegrityError, match="only a draft takes other rules"), transaction.atomic():
            change()
    with pytest.raises(Exception, match="only a draft changes"), transaction.atomic():
        RoutingRuleSet.objects.for_merchant(two.shop.id).update(weights={"cost": 1})
    assert RoutingRule.objects.for_merchant(two.shop.id).get().only is False


# --- Refusals and repeats


@pytest.mark.parametrize("target", ["absent", "foreign"])
def test_rule_to_an_account_of_nobody_or_of_another_merchant_is_refused(
    two: TwoPsps, psp: ScriptedPsp, target: str
) -> None:
    account_id = new_id() if target == "absent" else open_shop(psp, name="Other").account.id

    with pytest.raises(RoutingRulesInvalid):
        drafted(two, [{"name": "x", "targets": [{"psp_account": account_id}]}])

    assert statuses(two) == []


def test_another_merchants_rules_are_absent(two: TwoPsps, psp: ScriptedPsp) -> None:
    other = open_shop(psp, name="Other")
    rule_set = drafted(two)

    with pytest.raises(ResourceMissing), acting(actor="staff:grace"):
        approve_rule_set(merchant_id=other.id, rule_set_id=rule_set.id, content_hash=rule_set.content_hash)
    assert statuses(two) == ["draft"]


def test_every_step_twice_is_one_step(two: TwoPsps) -> None:
    rule_set = drafted(two)
    again = draft_rule_set(
        merchant_id=two.shop.id, rule_set_id=rule_set.id, name="Other", rules=[], weights={}
    )
    assert again.name == "Rules"

    approved(two, rule_set)
    first = approved(two, rule_set)
    activated(two, rule_set)
    second = activated(two, rule_set)

    assert (first.approved_by, second.activated_by) == ("staff:grace", "staff:grace")
    assert statuses(two) == ["active"]
