"""Renewing many together: each as it would be alone, and one that can not be renewed stops itself only."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from foundation import clock
from foundation.events.models import Event
from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from foundation.jobs.models import Job
from foundation.money import Money
from subscriptions.discounts import Duration
from subscriptions.models import Invoice, Price, Subscription
from subscriptions.operations.claim_due_renewals import claim_due_renewals
from subscriptions.operations.create_coupon import create_coupon
from subscriptions.operations.create_invoice_item import create_invoice_item
from subscriptions.operations.create_meter import create_meter
from subscriptions.operations.create_meter_event import create_meter_event
from subscriptions.operations.create_tax_rate import create_tax_rate
from subscriptions.operations.renew_subscription import renew_subscription
from subscriptions.operations.renew_subscriptions import renew_subscriptions
from subscriptions.queries.due import count_claimed_renewals
from subscriptions.steps.redeem import Redemption
from tests.factories.billing import Biller
from tests.factories.later import later


def after(subscription: Subscription) -> float:
    assert subscription.next_billing_at is not None
    return (subscription.next_billing_at - clock.now()).total_seconds() + 1


def together(biller: Biller, *subscriptions: Subscription) -> int:
    return renew_subscriptions(merchant_id=biller.id, subscription_ids=[one.id for one in subscriptions])


def own_jobs(biller: Biller) -> list[Job]:
    return list(Job.objects.filter(merchant_id=biller.id, name="subscriptions.renew"))


def break_price(subscription: Subscription) -> None:
    """Tiers that nobody can reckon with, as a mistaken import leaves them."""
    prices = Price.objects.for_merchant(subscription.merchant_id).filter(
        pk__in=subscription.items.values("price_id")
    )
    prices.update(billing_scheme="tiered", tiering="volume", tiers=[{"up_to": "many"}], unit_amount=None)


class Kinds:
    """One subscription of every kind, made anew by each call."""

    def __init__(self, biller: Biller) -> None:
        self.biller = biller
        meter = create_meter(
            merchant_id=biller.id, meter_id=new_id(), display_name="Calls", event_name="calls"
        )
        rate = create_tax_rate(
            merchant_id=biller.id,
            tax_rate_id=new_id(),
            display_name="VAT",
            percentage=Decimal(19),
            inclusive=False,
        )
        coupon = create_coupon(
            merchant_id=biller.id, coupon_id=new_id(), duration=Duration.FOREVER, percent_off=Decimal(10)
        )
        self.monthly = biller.price(1_999)
        self.metered = biller.price(5, usage_type="metered", meter_id=meter.id)
        self.rate_id, self.coupon_id = rate.id, coupon.id

    def plain(self) -> Subscription:
        return self.biller.subscribes(prices=[self.monthly], quantity=3)

    def taxed(self) -> Subscription:
        return self.biller.subscribes(prices=[self.monthly], default_tax_rate_ids=(self.rate_id,))

    def discounted(self) -> Subscription:
        return self.biller.subscribes(
            prices=[self.monthly], discounts=(Redemption(coupon_id=self.coupon_id),)
        )

    def metered_too(self) -> Subscription:
        customer = self.biller.customer()
        subscription = self.biller.subscribes(customer, prices=[self.monthly, self.metered])
        create_meter_event(
            merchant_id=self.biller.id,
            event_name="calls",
            customer_id=customer.id,
            identifier=str(new_id()),
            value=Decimal(7),
            happened_at=subscription.started_at + timedelta(days=1),
        )
        return subscription

    def with_pending(self) -> Subscription:
        customer = self.biller.customer()
        subscription = self.biller.subscribes(customer, prices=[self.monthly])
        create_invoice_item(
            merchant_id=self.biller.id,
            invoice_item_id=new_id(),
            customer_id=customer.id,
            amount=Money(250, "usd"),
            subscription_id=subscription.id,
        )
        return subscription

    def canceled(self) -> Subscription:
        return self.biller.subscribes(prices=[self.monthly], cancel_at_period_end=True)

    def each(self) -> list[Subscription]:
        made = [self.plain, self.taxed, self.discounted, self.metered_too, self.with_pending, self.canceled]
        return [make() for make in made]


def told(biller: Biller, subscription: Subscription) -> dict[str, Any]:
    """What a renewal left behind, without ids and instants."""
    fresh = biller.fresh(subscription)
    invoice = biller.invoices(subscription)[-1]
    about = {fresh.id, invoice.id}
    events = Event.objects.for_merchant(biller.id).filter(object_id__in=about).order_by("position")
    return {
        "status": fresh.status,
        "moved": (fresh.current_period_start_at - subscription.current_period_start_at).days,
        "version": fresh.version,
        "leased": fresh.lease_ends_at,
        "invoice": (invoice.reason, invoice.subtotal_minor, invoice.discount_minor, invoice.tax_minor),
        "lines": [
            (
                line.ordinal,
                line.amount_minor,
                line.discount_minor,
                line.tax_minor,
                line.quantity,
                line.description,
            )
            for line in biller.lines(invoice)
        ],
        "usage": [line.subscription_item_id is not None for line in biller.lines(invoice)],
        "discounts": list(fresh.discounts.values_list("times_used", flat=True)),
        "events": [(event.type, sorted(event.data)) for event in events],
        "shown": [
            [(line["amount"], line["quantity"]) for line in event.data["lines"]["data"]]
            for event in events
            if event.object_type == "invoice"
        ],
    }


def test_each_of_a_batch_is_renewed_as_it_is_alone(biller: Biller) -> None:
    kinds = Kinds(biller)
    alone, batch = kinds.each(), kinds.each()

    with later(after(batch[-1])):
        for subscription in alone:
            renew_subscription(merchant_id=biller.id, subscription_id=subscription.id)
        drafts = together(biller, *batch)

    assert drafts == 5
    assert [told(biller, one) for one in batch] == [told(biller, one) for one in alone]
    assert own_jobs(biller) == []


def test_one_that_can_not_be_renewed_stops_itself_and_nobody_else(biller: Biller) -> None:
    subscriptions = [biller.subscribes() for _ in range(3)]
    poisoned = subscriptions[1]
    break_price(poisoned)

    with later(after(subscriptions[-1])):
        assert claim_due_renewals() == 3
        run_due_jobs()

    assert [len(biller.invoices(one)) for one in subscriptions] == [2, 1, 2]
    failed = [job for job in own_jobs(biller) if job.status != "done"]
    assert [job.args["subscription_id"] for job in failed] == [str(poisoned.id)]
    assert failed[0].last_error
    assert biller.fresh(poisoned).current_period_end_at == poisoned.current_period_end_at


def test_what_is_claimed_and_not_renewed_yet_is_counted_up_to_the_limit(biller: Biller) -> None:
    subscriptions = [biller.subscribes() for _ in range(3)]

    with later(after(subscriptions[-1])):
        claim_due_renewals()
        counted = [count_claimed_renewals(now=clock.now(), at_most=most) for most in (2, 9)]
        run_due_jobs()
        left = count_claimed_renewals(now=clock.now(), at_most=9)

    assert (counted, left) == ([2, 3], 0)


def test_what_can_not_be_renewed_keeps_one_job_however_often_it_is_claimed(biller: Biller) -> None:
    poisoned = biller.subscribes()
    break_price(poisoned)

    for minutes in (0, 16, 32):
        with later(after(poisoned) + 60 * minutes):
            assert claim_due_renewals() == 1
            run_due_jobs()

    assert len(own_jobs(biller)) == 1


def test_a_loose_item_is_billed_by_one_of_a_customers_two_subscriptions(biller: Biller) -> None:
    customer = biller.customer()
    first, second = biller.subscribes(customer), biller.subscribes(customer)
    create_invoice_item(
        merchant_id=biller.id, invoice_item_id=new_id(), customer_id=customer.id, amount=Money(250, "usd")
    )

    with later(after(second)):
        assert together(biller, first, second) == 2

    totals = [biller.invoices(one)[-1].total_minor for one in (first, second)]
    assert totals == [1_250, 1_000]


def test_usage_is_billed_by_one_of_a_customers_two_subscriptions(biller: Biller) -> None:
    kinds = Kinds(biller)
    first = kinds.metered_too()
    second = biller.subscribes(first.customer, prices=[kinds.metered])

    with later(after(second)):
        assert together(biller, first, second) == 2

    assert [biller.invoices(one)[-1].total_minor for one in (first, second)] == [1_999 + 35, 0]


@pytest.mark.parametrize("times", [1, 2])
def test_case_F15_early_and_stale_batches_find_nothing_due(biller: Biller, times: int) -> None:
    subscriptions = [biller.subscribes() for _ in range(2)]
    before = biller.footprint()
    assert together(biller, *subscriptions) == 0
    assert biller.footprint() == before

    with later(after(subscriptions[-1])):
        assert together(biller, *subscriptions) == 2
        before = biller.footprint()
        assert [together(biller, *subscriptions) for _ in range(times)] == [0] * times

    assert biller.footprint() == before


def test_a_batch_names_only_its_own_merchants_subscriptions(biller: Biller, other_id: UUID) -> None:
    subscription = biller.subscribes()

    with later(after(subscription)):
        before = biller.footprint()
        assert renew_subscriptions(merchant_id=other_id, subscription_ids=[subscription.id]) == 0

    assert biller.footprint() == before
    assert not Invoice.objects.for_merchant(other_id).exists()
    assert not Job.objects.filter(merchant_id=other_id).exists()


@pytest.fixture
def other_id() -> UUID:
    from foundation.tenancy.operations import create_merchant

    return create_merchant(name="Coffee shop", currency="usd").id
