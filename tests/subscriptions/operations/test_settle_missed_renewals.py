"""A halted subscription goes on as a person decides, once, for what was shown."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from foundation import clock
from foundation.context import acting
from foundation.errors import ParameterMissing
from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from payments.models import Case
from subscriptions.errors import PreviewStale, SubscriptionUnexpectedState
from subscriptions.models import Subscription
from subscriptions.operations.change_items import change_items
from subscriptions.operations.claim_due_renewals import claim_due_renewals
from subscriptions.operations.create_coupon import create_coupon
from subscriptions.operations.preview_missed_renewals import preview_missed_renewals
from subscriptions.operations.renew_subscription import renew_subscription
from subscriptions.operations.settle_missed_renewals import MissedChoice, settle_missed_renewals
from subscriptions.queries.subscriptions import list_items
from subscriptions.steps.item_changes import ItemChange
from subscriptions.steps.redeem import Redemption
from tests.factories.billing import Biller
from tests.factories.books import assert_books_agree
from tests.factories.later import later


def names(biller: Biller, subscription: Subscription) -> dict[str, Any]:
    return {"merchant_id": biller.id, "subscription_id": subscription.id}


def after_boundaries(subscription: Subscription, count: int) -> float:
    """Seconds from now to a day after so many boundaries: all periods but the last are over."""
    at = subscription.cycle.boundary(count) + timedelta(days=1)
    return (at - clock.now()).total_seconds()


def halts(biller: Biller, subscription: Subscription) -> None:
    assert renew_subscription(**names(biller, subscription)) is None
    assert biller.fresh(subscription).halted_at is not None


def test_what_was_missed_is_billed_period_by_period(biller: Biller) -> None:
    subscription = biller.subscribes()

    with later(after_boundaries(subscription, 3)):
        halts(biller, subscription)
        found = preview_missed_renewals(**names(biller, subscription))
        with acting(merchant_id=biller.id, actor="staff:ada", reason="agreed on the phone"):
            settle_missed_renewals(
                **names(biller, subscription),
                choice=MissedChoice.BILL,
                token=found.token,
                reason="agreed on the phone",
            )
        for _ in range(5):
            claim_due_renewals()
            run_due_jobs()

    cycle = subscription.cycle
    assert [one.period.start for one in found.missed] == [cycle.boundary(1), cycle.boundary(2)]
    assert (found.total.amount_minor, found.running.period.start) == (2_000, cycle.boundary(3))
    billed = biller.invoices(subscription)[1:]
    assert [one.period_start_at for one in billed] == [cycle.boundary(k) for k in (1, 2, 3)]
    assert [one.total_minor for one in billed] == [one.total.amount_minor for one in found.missed] + [1_000]
    renewed = biller.fresh(subscription)
    assert (renewed.halted_at, renewed.next_billing_at) == (None, cycle.boundary(4))
    [case] = Case.objects.for_merchant(biller.id)
    assert (case.ending, case.evidence["settled"]["reason"]) == ("settled", "agreed on the phone")
    assert [one["amount"] for one in case.evidence["settled"]["periods"]] == ["10.00 USD", "10.00 USD"]
    assert "customer.subscription.renewal_settled" in biller.shop.events()
    assert_books_agree(biller.shop)


def test_what_was_missed_is_skipped_and_the_running_period_is_billed(biller: Biller) -> None:
    subscription = biller.subscribes()

    with later(after_boundaries(subscription, 3)):
        halts(biller, subscription)
        found = preview_missed_renewals(**names(biller, subscription))
        settle_missed_renewals(
            **names(biller, subscription), choice=MissedChoice.SKIP, token=found.token, reason="our outage"
        )
        for _ in range(3):
            claim_due_renewals()
            run_due_jobs()

    [running] = biller.invoices(subscription)[1:]
    assert running.period_start_at == subscription.cycle.boundary(3)
    assert biller.fresh(subscription).next_billing_at == subscription.cycle.boundary(4)


def test_a_discount_of_one_more_month_is_used_up_by_the_first_missed_one(biller: Biller) -> None:
    coupon = create_coupon(
        merchant_id=biller.id,
        coupon_id=new_id(),
        duration="repeating",
        duration_in_months=2,
        percent_off=Decimal("50"),
    )
    subscription = biller.subscribes(discounts=(Redemption(coupon_id=coupon.id),))

    with later(after_boundaries(subscription, 3)):
        halts(biller, subscription)
        found = preview_missed_renewals(**names(biller, subscription))
        settle_missed_renewals(
            **names(biller, subscription), choice=MissedChoice.BILL, token=found.token, reason="agreed"
        )
        for _ in range(5):
            claim_due_renewals()
            run_due_jobs()

    shown = [one.total.amount_minor for one in (*found.missed, found.running)]
    assert shown == [500, 1_000, 1_000]
    assert [one.total_minor for one in biller.invoices(subscription)[1:]] == shown


def test_a_second_press_a_stale_preview_and_no_reason_are_refused(biller: Biller) -> None:
    subscription = biller.subscribes()

    with later(after_boundaries(subscription, 2)):
        halts(biller, subscription)
        asked = names(biller, subscription) | {"choice": MissedChoice.SKIP}
        found = preview_missed_renewals(**names(biller, subscription))
        before = biller.footprint()
        with pytest.raises(ParameterMissing):
            settle_missed_renewals(**asked, token=found.token, reason=" ")
        with pytest.raises(PreviewStale):
            settle_missed_renewals(**asked, token="another", reason="x")
        assert biller.footprint() == before
        settle_missed_renewals(**asked, token=found.token, reason="x")
        before = biller.footprint()
        with pytest.raises(SubscriptionUnexpectedState):
            settle_missed_renewals(**asked, token=found.token, reason="x")
        assert biller.footprint() == before


def test_a_change_after_the_preview_makes_it_stale(biller: Biller) -> None:
    subscription = biller.subscribes()

    with later(after_boundaries(subscription, 2)):
        halts(biller, subscription)
        found = preview_missed_renewals(**names(biller, subscription))
        [item] = list_items(subscription)
        change_items(
            **names(biller, subscription),
            changes=[ItemChange(item.id, quantity=2)],
            proration_behavior="none",
        )
        with pytest.raises(PreviewStale):
            settle_missed_renewals(
                **names(biller, subscription),
                choice=MissedChoice.BILL,
                token=found.token,
                reason="x",
            )

    assert len(biller.invoices(subscription)) == 1
