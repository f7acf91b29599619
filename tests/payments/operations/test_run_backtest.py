"""Trying rules on the past: from what each decision kept, in slices, changing nothing but its own rows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from foundation import clock
from foundation.context import acting
from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from foundation.jobs.models import Job
from payments.errors import RoutingRulesInvalid
from payments.models import RoutingBacktest, RoutingBacktestChange, RoutingDecision, RoutingRuleSet
from payments.operations.confirm_payment_intent import confirm_payment_intent
from payments.operations.draft_rule_set import draft_rule_set
from payments.operations.redraft_rule_set import redraft_rule_set
from payments.operations.request_backtest import request_backtest
from payments.operations.run_backtest import run_backtest
from tests.factories.shop import Shop
from tests.factories.two_psps import TwoPsps, open_second_account


@pytest.fixture
def two(shop: Shop) -> TwoPsps:
    return open_second_account(shop)


def draft(two: TwoPsps, **conditions: object) -> RoutingRuleSet:
    rule = {"name": "r", "targets": [{"psp_account": two.second.id}], "conditions": conditions}
    with acting(actor="staff:ada"):
        return draft_rule_set(merchant_id=two.shop.id, rule_set_id=new_id(), name="Draft", rules=[rule])


def requested(two: TwoPsps, rule_set: RoutingRuleSet) -> RoutingBacktest:
    return request_backtest(
        merchant_id=two.shop.id,
        backtest_id=new_id(),
        rule_set_id=rule_set.id,
        starts_at=clock.now() - timedelta(days=1),
    )


def fresh(backtest: RoutingBacktest) -> RoutingBacktest:
    return RoutingBacktest.objects.for_merchant(backtest.merchant_id).get(pk=backtest.pk)


def test_changed_decisions_are_listed_with_both_accounts_and_the_amount(two: TwoPsps) -> None:
    euro = two.shop.pays(30_00, "eur")
    two.shop.pays(20_00, "usd")
    before = two.shop.footprint()

    backtest = requested(two, draft(two, currency=["eur"]))
    run_due_jobs()

    (change,) = RoutingBacktestChange.objects.for_merchant(two.shop.id)
    assert (fresh(backtest).status, fresh(backtest).looked_at, fresh(backtest).changed) == ("done", 2, 1)
    assert change.decision.payment_intent_id == euro.id
    assert (change.from_account.name, change.to_account.name) == ("Scripted", "Second")  # type: ignore[union-attr]
    assert (change.amount_minor, change.currency) == (30_00, "eur")
    assert two.shop.footprint() == before | {"jobs": before["jobs"] + 1}


def test_slices_end_where_one_run_would(two: TwoPsps) -> None:
    for _ in range(7):
        two.shop.pays()
    rule_set = draft(two)
    whole = requested(two, rule_set)
    run_backtest(merchant_id=two.shop.id, backtest_id=whole.id)
    sliced = requested(two, rule_set)

    runs = 0
    while run_backtest(merchant_id=two.shop.id, backtest_id=sliced.id, slice_size=3) is not None:
        runs += 1

    assert runs == 2
    assert (fresh(sliced).looked_at, fresh(sliced).changed) == (7, 7)
    assert (fresh(whole).looked_at, fresh(whole).changed) == (7, 7)
    changes = RoutingBacktestChange.objects.for_merchant(two.shop.id)
    assert changes.filter(backtest=sliced).values("decision").distinct().count() == 7


def test_account_that_was_out_then_stays_out(two: TwoPsps) -> None:
    """What could not have taken the payment then is not where it would have gone."""
    method = two.method("pm_card_sandbox_visa_try_again_later", "pm_card_visa")
    intent = two.shop.intent(token=None)

    confirm_payment_intent(
        merchant_id=two.shop.id,
        payment_intent_id=intent.id,
        attempt_id=new_id(),
        payment_method_id=method.id,
    )
    rule = {"name": "r", "targets": [{"psp_account": two.first.id}]}
    rule_set = draft_rule_set(merchant_id=two.shop.id, rule_set_id=new_id(), name="x", rules=[rule])

    backtest = requested(two, rule_set)
    run_due_jobs()

    assert RoutingDecision.objects.for_merchant(two.shop.id).count() == 2
    assert (fresh(backtest).looked_at, fresh(backtest).changed) == (2, 0)


def test_draft_that_is_rewritten_meanwhile_ends_the_run_as_lapsed(two: TwoPsps) -> None:
    two.shop.pays()
    rule_set = draft(two)
    backtest = requested(two, rule_set)
    with acting(actor="staff:ada"):
        redraft_rule_set(merchant_id=two.shop.id, rule_set_id=rule_set.id, rules=[], weights={})

    run_due_jobs()

    assert fresh(backtest).status == "lapsed"
    assert not RoutingBacktestChange.objects.for_merchant(two.shop.id).exists()


def test_same_request_twice_is_one_back_test_and_one_job(two: TwoPsps) -> None:
    rule_set, backtest_id = draft(two), new_id()
    for _ in range(2):
        request_backtest(
            merchant_id=two.shop.id,
            backtest_id=backtest_id,
            rule_set_id=rule_set.id,
            starts_at=clock.now() - timedelta(days=1),
        )

    assert RoutingBacktest.objects.for_merchant(two.shop.id).count() == 1
    assert Job.objects.filter(name="payments.run_backtest").count() == 1


def test_empty_time_is_refused_and_leaves_no_trace(two: TwoPsps) -> None:
    rule_set = draft(two)

    with pytest.raises(RoutingRulesInvalid):
        request_backtest(
            merchant_id=two.shop.id,
            backtest_id=new_id(),
            rule_set_id=rule_set.id,
            starts_at=clock.now() + timedelta(days=1),
        )

    assert not RoutingBacktest.objects.for_merchant(two.shop.id).exists()
    assert not Job.objects.filter(name="payments.run_backtest").exists()
