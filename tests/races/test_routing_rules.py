"""Two people and two rule sets at once: one takes effect, and the other person hears why theirs did not."""

from __future__ import annotations

from typing import Any

import pytest

from foundation.context import acting
from foundation.errors import DomainError
from foundation.ids import new_id
from payments.models import RoutingRuleSet
from payments.operations.activate_rule_set import activate_rule_set
from payments.operations.approve_rule_set import approve_rule_set
from payments.operations.draft_rule_set import draft_rule_set
from tests.factories.shop import Shop
from tests.races.together import together

pytestmark = pytest.mark.django_db(transaction=True)
S = RoutingRuleSet.Status


@pytest.fixture
def shop(transactional_db: None, shop: Shop) -> Shop:
    return shop


def drafted(shop: Shop, name: str) -> RoutingRuleSet:
    rules = [{"name": "All to the one", "targets": [{"psp_account": shop.account.id}]}]
    with acting(actor="staff:ada"):
        return draft_rule_set(merchant_id=shop.id, rule_set_id=new_id(), name=name, rules=rules)


def approved(shop: Shop, name: str) -> RoutingRuleSet:
    rule_set = drafted(shop, name)
    with acting(actor="staff:grace"):
        return approve_rule_set(
            merchant_id=shop.id, rule_set_id=rule_set.id, content_hash=rule_set.content_hash
        )


def activates(shop: Shop, rule_set: RoutingRuleSet, *, by: str, shown: str) -> RoutingRuleSet:
    with acting(actor=f"staff:{by}"):
        return activate_rule_set(
            merchant_id=shop.id, rule_set_id=rule_set.id, content_hash=rule_set.content_hash, replaces=shown
        )


def codes(answers: list[Any]) -> list[str]:
    for answer in answers:
        if isinstance(answer, Exception) and not isinstance(answer, DomainError):
            raise answer
    return [answer.code for answer in answers if isinstance(answer, DomainError)]


def statuses(shop: Shop) -> list[str]:
    return sorted(RoutingRuleSet.objects.for_merchant(shop.id).values_list("status", flat=True))


def test_of_two_sets_activated_at_once_one_is_active_and_the_other_person_is_told(shop: Shop) -> None:
    before = approved(shop, "Before")
    activates(shop, before, by="grace", shown="")
    two = [approved(shop, "First"), approved(shop, "Second")]

    answers = together(
        [
            lambda: activates(shop, two[0], by="grace", shown=before.public_id),
            lambda: activates(shop, two[1], by="hugo", shown=before.public_id),
        ]
    )

    assert codes(answers) == ["routing_rule_set_overtaken"]
    assert statuses(shop) == [S.ACTIVE, S.APPROVED, S.RETIRED]
    (winner,) = [answer for answer in answers if isinstance(answer, RoutingRuleSet)]
    assert RoutingRuleSet.objects.for_merchant(shop.id).get(status=S.ACTIVE).id == winner.id


def test_the_first_two_sets_of_a_merchant_do_not_both_become_active(shop: Shop) -> None:
    two = [approved(shop, "First"), approved(shop, "Second")]

    answers = together(
        [
            lambda: activates(shop, two[0], by="grace", shown=""),
            lambda: activates(shop, two[1], by="hugo", shown=""),
        ]
    )

    assert codes(answers) == ["routing_rule_set_overtaken"]
    assert statuses(shop) == [S.ACTIVE, S.APPROVED]


def test_the_same_set_activated_by_two_at_once_is_active_for_both(shop: Shop) -> None:
    rule_set = approved(shop, "One")

    answers = together(
        [lambda name=name: activates(shop, rule_set, by=name, shown="") for name in ("grace", "hugo")]  # type: ignore[misc]
    )

    assert codes(answers) == []
    assert statuses(shop) == [S.ACTIVE]


def test_a_draft_approved_by_two_at_once_is_approved_once(shop: Shop) -> None:
    rule_set = drafted(shop, "One")

    def approves(name: str) -> RoutingRuleSet:
        with acting(actor=f"staff:{name}"):
            return approve_rule_set(
                merchant_id=shop.id, rule_set_id=rule_set.id, content_hash=rule_set.content_hash
            )

    answers = together([lambda: approves("grace"), lambda: approves("hugo")])

    assert codes(answers) == []
    assert len({answer.approved_by for answer in answers}) == 1
    assert statuses(shop) == [S.APPROVED]
