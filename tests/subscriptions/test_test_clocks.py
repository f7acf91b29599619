"""Test clocks: everything due on the way is run in order, each at its own instant, and once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from foundation import clock as real
from foundation.jobs.models import Job
from subscriptions.errors import (
    CustomerOnTestClock,
    TestClockInLivemode,
    TestClockTargetInvalid,
    TestClockUnexpectedState,
)
from subscriptions.models import Invoice, Subscription
from subscriptions.operations.advance_test_clock import advance_test_clock
from subscriptions.operations.attach_to_test_clock import attach_to_test_clock
from subscriptions.operations.claim_due_renewals import claim_due_renewals
from subscriptions.operations.delete_test_clock import delete_test_clock
from subscriptions.operations.turn_test_clock import Turned
from subscriptions.operations.update_subscription import Pause, SubscriptionChange, update_subscription
from tests.factories.billing import Biller
from tests.factories.books import assert_books_agree
from tests.subscriptions.clocks import NEW_YEAR, Clockwork


@pytest.fixture
def works(biller: Biller) -> Clockwork:
    return Clockwork.of(biller)


def spans(biller: Biller, subscription: Subscription) -> list[tuple[str, str, str]]:
    """(first day, last day, status) of each invoice."""
    return [
        (f"{one.period_start_at:%m-%d}", f"{one.period_end_at:%m-%d}", one.status)
        for one in biller.invoices(subscription)
    ]


def test_a_month_brings_the_renewal_paid(works: Clockwork, biller: Biller) -> None:
    subscription = biller.subscribes(works.customer())

    arrived = works.goes_to(datetime(2026, 2, 2, tzinfo=UTC))

    assert (arrived.status, arrived.frozen_at) == ("ready", datetime(2026, 2, 2, tzinfo=UTC))
    assert spans(biller, subscription) == [("01-01", "02-01", "paid"), ("02-01", "03-01", "paid")]
    assert [one.paid_at for one in biller.invoices(subscription)] == [
        NEW_YEAR,
        datetime(2026, 2, 1, 13, tzinfo=UTC),
    ]
    assert biller.shop.psp.charges() == 2
    assert_books_agree(biller.shop)


def test_a_year_is_twelve_renewals_whatever_the_steps(works: Clockwork, biller: Biller) -> None:
    at_once, in_steps = biller.subscribes(works.customer()), Clockwork.of(biller)
    other = biller.subscribes(in_steps.customer())

    works.goes_to(datetime(2027, 1, 2, tzinfo=UTC))
    for month in range(2, 13):
        in_steps.goes_to(datetime(2026, month, 15, tzinfo=UTC))
    in_steps.goes_to(datetime(2027, 1, 2, tzinfo=UTC))

    assert spans(biller, at_once) == spans(biller, other)
    assert [status for _, _, status in spans(biller, at_once)] == ["paid"] * 13


def test_each_job_runs_a_bounded_part_and_the_next_goes_on(works: Clockwork, biller: Biller) -> None:
    subscription = biller.subscribes(works.customer())
    advance_test_clock(
        merchant_id=biller.id, test_clock_id=works.clock.id, target_at=datetime(2026, 4, 2, tzinfo=UTC)
    )

    turned = [works.turn(max_steps=2)]
    while turned[-1] == Turned.GOES_ON:
        turned.append(works.turn(max_steps=2))

    assert len(turned) == 5
    assert turned[-1] == Turned.ARRIVED
    assert len(biller.invoices(subscription)) == 4


def test_an_unknown_outcome_stops_the_clock_until_it_is_known(works: Clockwork, biller: Biller) -> None:
    subscription = biller.subscribes(works.customer())
    biller.shop.psp.fails("error_after_booking")
    advance_test_clock(
        merchant_id=biller.id, test_clock_id=works.clock.id, target_at=datetime(2026, 4, 2, tzinfo=UTC)
    )

    waits = works.turn()

    assert (waits, works.turn()) == (Turned.WAITING, Turned.WAITING)
    assert works.fresh().frozen_at == datetime(2026, 2, 1, 13, tzinfo=UTC)
    assert len(biller.invoices(subscription)) == 2


def test_beat_leaves_a_clocks_subscriptions_to_the_clock(works: Clockwork, biller: Biller) -> None:
    biller.subscribes(works.customer())

    assert works.fresh().frozen_at < real.now() - timedelta(days=200)
    assert claim_due_renewals() == 0


def test_a_trial_ends_on_the_clock(works: Clockwork, biller: Biller) -> None:
    subscription = biller.subscribes(works.customer(), trial_period_days=10)

    works.passes(days=11)

    assert biller.fresh(subscription).status == "active"
    assert spans(biller, subscription) == [("01-01", "01-11", "paid"), ("01-11", "02-11", "paid")]


def test_a_pause_ends_by_its_date_and_voids_what_falls_into_it(works: Clockwork, biller: Biller) -> None:
    subscription = biller.subscribes(works.customer())
    until = datetime(2026, 2, 20, tzinfo=UTC)
    update_subscription(
        merchant_id=biller.id,
        subscription_id=subscription.id,
        change=SubscriptionChange(pause=Pause("void", until)),
    )

    works.goes_to(datetime(2026, 3, 2, tzinfo=UTC))

    assert [status for _, _, status in spans(biller, subscription)] == ["paid", "void", "paid"]
    assert biller.fresh(subscription).pause_behavior == ""
    assert_books_agree(biller.shop)


def test_an_end_in_mid_period_gives_the_rest_back(works: Clockwork, biller: Biller) -> None:
    subscription = biller.subscribes(works.customer(), prices=[biller.price(3_100)])
    end = datetime(2026, 1, 16, 12, tzinfo=UTC)
    update_subscription(
        merchant_id=biller.id, subscription_id=subscription.id, change=SubscriptionChange(cancel_at=end)
    )

    works.goes_to(datetime(2026, 2, 2, tzinfo=UTC))

    ended = biller.fresh(subscription)
    assert (ended.status, ended.ended_at) == ("canceled", end)
    assert [one.total_minor for one in biller.invoices(subscription)] == [3_100, -1_600]
    assert biller.shop.ledger("liabilities/customer_balance") == 1_600


def test_a_sent_invoice_falls_past_due_on_its_day(works: Clockwork, biller: Biller) -> None:
    subscription = biller.subscribes(
        works.customer(None), collection_method="send_invoice", days_until_due=10
    )

    works.passes(days=9)
    assert biller.fresh(subscription).status == "active"
    works.passes(days=2)

    assert biller.fresh(subscription).status == "past_due"
    assert biller.shop.events().count("invoice.overdue") == 1


def test_a_clock_is_a_sandboxs_and_goes_forward_only(works: Clockwork, biller: Biller) -> None:
    jobs = Job.objects.filter(merchant_id=biller.id).count()
    for target in (NEW_YEAR, NEW_YEAR - timedelta(days=1), NEW_YEAR + timedelta(days=800)):
        with pytest.raises(TestClockTargetInvalid):
            advance_test_clock(merchant_id=biller.id, test_clock_id=works.clock.id, target_at=target)
    assert Job.objects.filter(merchant_id=biller.id).count() == jobs

    advance_test_clock(
        merchant_id=biller.id, test_clock_id=works.clock.id, target_at=NEW_YEAR + timedelta(days=1)
    )
    with pytest.raises(TestClockUnexpectedState):
        advance_test_clock(
            merchant_id=biller.id, test_clock_id=works.clock.id, target_at=NEW_YEAR + timedelta(days=2)
        )
    biller.shop.merchant.livemode = True
    biller.shop.merchant.save()
    with pytest.raises(TestClockInLivemode):
        Clockwork.of(biller)


def test_a_customer_that_lives_in_real_time_stays_there(works: Clockwork, biller: Biller) -> None:
    customer = biller.customer()
    biller.subscribes(customer)

    with pytest.raises(CustomerOnTestClock):
        attach_to_test_clock(merchant_id=biller.id, customer_id=customer.id, test_clock_id=works.clock.id)


def test_deleting_a_clock_ends_what_is_on_it(works: Clockwork, biller: Biller) -> None:
    subscription = biller.subscribes(works.customer())

    delete_test_clock(merchant_id=biller.id, test_clock_id=works.clock.id)

    assert biller.fresh(subscription).status == "canceled"
    assert Invoice.objects.for_merchant(biller.id).count() == 1
