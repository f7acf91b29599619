"""Another interval, another anchor: a period ends early, the next one begins, and each second is billed once."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest

from foundation.ids import new_id
from subscriptions.errors import PeriodDatesOutOfOrder, SubscriptionItemsDiffer, SubscriptionUnexpectedState
from subscriptions.models import InvoiceItem, InvoiceLine, Subscription
from subscriptions.operations.change_items import change_items
from subscriptions.operations.change_subscription import UpdatePayment, change_subscription
from subscriptions.operations.create_coupon import create_coupon
from subscriptions.operations.create_meter import create_meter
from subscriptions.operations.create_meter_event import create_meter_event
from subscriptions.operations.pay_invoice import pay_invoice
from subscriptions.operations.preview_item_change import preview_item_change
from subscriptions.queries.subscriptions import list_items
from subscriptions.steps.item_changes import ItemChange
from subscriptions.steps.redeem import Redemption
from tests.factories.billing import Biller
from tests.factories.books import assert_books_agree
from tests.subscriptions.clocks import DECLINES, Clockwork


def day(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def on_clock(
    biller: Biller, start: str, *, amount: int, interval: str = "month", basis: str = "second", **terms: Any
) -> tuple[Clockwork, Subscription]:
    works = Clockwork.of(biller, day(start))
    price = biller.price(amount, interval=interval, proration_basis=basis)
    return works, biller.subscribes(works.customer(), prices=[price], **terms)


def switch(biller: Biller, subscription: Subscription, amount: int, interval: str, **asked: Any) -> None:
    [item] = list_items(subscription)
    basis = asked.pop("basis", "second")
    price = biller.price(amount, interval=interval, proration_basis=basis)
    change_items(
        merchant_id=biller.id,
        subscription_id=subscription.id,
        changes=[ItemChange(item.id, price_id=price.id)],
        **asked,
    )


def newest(biller: Biller, subscription: Subscription) -> list[int]:
    return [line.amount_minor for line in biller.lines(biller.invoices(subscription)[-1])]


def assert_each_second_once(biller: Biller, subscription: Subscription) -> None:
    rows = InvoiceLine.objects.for_merchant(biller.id).filter(
        subscription_id=subscription.id, amount_minor__gt=0
    )
    spans = sorted((line.period_start_at, line.as_debit().covered_until) for line in rows)
    live = [(start, end) for start, end in spans if start < end]
    assert all(one[1] <= other[0] for one, other in pairwise(live))


def test_case_D13_from_the_month_to_the_year_the_cycle_begins_anew(biller: Biller) -> None:
    works, subscription = on_clock(biller, "2025-06-01", amount=10_000)
    works.goes_to(day("2025-06-16"))

    switch(biller, subscription, 100_000, "year")

    changed = biller.fresh(subscription)
    assert newest(biller, subscription) == [-5_000, 100_000]
    assert (changed.interval, changed.anchor_at) == ("year", day("2025-06-16"))
    assert (changed.current_period_start_at, changed.next_billing_at) == (
        day("2025-06-16"),
        day("2026-06-16"),
    )
    assert_each_second_once(biller, subscription)
    assert_books_agree(biller.shop)


def test_case_D15_from_the_year_to_the_month(biller: Biller) -> None:
    works, subscription = on_clock(biller, "2024-02-18", amount=100_000, interval="year")
    works.goes_to(day("2024-04-19"))

    switch(biller, subscription, 10_000, "month")

    # 305 of 366 days come back, more than the month costs: the rest is the customer's credit.
    assert newest(biller, subscription) == [-83_333, 10_000]
    assert biller.shop.ledger("liabilities/customer_balance") == 73_333
    assert biller.fresh(subscription).next_billing_at == day("2024-05-19")
    works.goes_to(day("2024-05-20"))
    assert biller.invoices(subscription)[-1].amount_due_minor == 0


def test_case_D33_the_year_with_the_billing_day_kept(biller: Biller) -> None:
    works, subscription = on_clock(biller, "2012-05-01", amount=24_995, basis="day")
    works.goes_to(day("2012-05-12"))

    switch(biller, subscription, 239_995, "year", anchor="unchanged", basis="day")

    changed = biller.fresh(subscription)
    assert newest(biller, subscription) == [-16_126, 232_762]
    assert (changed.anchor_at, changed.next_billing_at) == (day("2012-05-01"), day("2013-05-01"))


def test_case_D39_the_anniversary_is_kept(biller: Biller) -> None:
    works, subscription = on_clock(biller, "2023-06-29", amount=1_000, basis="day")
    works.goes_to(day("2023-09-28"))

    switch(biller, subscription, 12_000, "year", anchor="unchanged", basis="day")

    assert newest(biller, subscription) == [-32, 9_016]
    assert biller.fresh(subscription).next_billing_at == day("2024-06-29")


def test_an_anchor_that_moves_to_now_begins_a_full_period(biller: Biller) -> None:
    works, subscription = on_clock(biller, "2026-01-01", amount=3_100)
    works.goes_to(day("2026-01-11"))

    change_items(merchant_id=biller.id, subscription_id=subscription.id, anchor="now")

    changed = biller.fresh(subscription)
    assert newest(biller, subscription) == [-2_100, 3_100]
    assert (changed.anchor_at, changed.next_billing_at) == (day("2026-01-11"), day("2026-02-11"))
    assert changed.status == "active"
    works.goes_to(day("2026-02-12"))
    assert newest(biller, subscription) == [3_100]
    assert_each_second_once(biller, subscription)
    assert_books_agree(biller.shop)


def test_without_proration_the_time_that_was_paid_for_is_given_up_once_and_for_all(biller: Biller) -> None:
    works, subscription = on_clock(biller, "2026-01-01", amount=3_100)
    works.goes_to(day("2026-01-11"))
    change_items(
        merchant_id=biller.id, subscription_id=subscription.id, anchor="now", proration_behavior="none"
    )
    assert newest(biller, subscription) == [3_100]
    works.goes_to(day("2026-01-21"))

    [item] = list_items(subscription)
    change_items(
        merchant_id=biller.id,
        subscription_id=subscription.id,
        changes=[ItemChange(item.id, is_removed=False, quantity=2)],
        proration_behavior="always_invoice",
    )

    # Only the month that began on the 11th gives back: 21 of its 31 days.
    assert newest(biller, subscription) == [-2_100, 4_200]
    assert_each_second_once(biller, subscription)


def test_a_discount_is_taken_off_the_new_period_and_counted(biller: Biller) -> None:
    coupon = create_coupon(
        merchant_id=biller.id, coupon_id=new_id(), duration="forever", percent_off=Decimal("50")
    )
    works, subscription = on_clock(
        biller, "2025-06-01", amount=10_000, discounts=(Redemption(coupon_id=coupon.id),)
    )
    works.goes_to(day("2025-06-16"))
    asked: dict[str, Any] = {
        "merchant_id": biller.id,
        "subscription_id": subscription.id,
        "changes": [
            ItemChange(list_items(subscription)[0].id, price_id=biller.price(100_000, interval="year").id)
        ],
    }
    preview = preview_item_change(**asked)

    change_items(**asked, preview_token=preview.token)

    invoice = biller.invoices(subscription)[-1]
    lines = [(line.amount_minor, line.discount_minor) for line in biller.lines(invoice)]
    assert lines == [(-2_500, 0), (100_000, 50_000)]
    assert invoice.total_minor == preview.invoice.total_minor == 47_500


def test_usage_of_the_period_that_ends_is_billed_with_the_one_that_begins(biller: Biller) -> None:
    meter = create_meter(merchant_id=biller.id, meter_id=new_id(), display_name="Calls", event_name="calls")
    works = Clockwork.of(biller, day("2026-01-01"))
    customer = works.customer()
    seats, calls = biller.price(3_100), biller.price(5, usage_type="metered", meter_id=meter.id)
    subscription = biller.subscribes(customer, prices=[seats, calls])
    create_meter_event(
        merchant_id=biller.id,
        event_name="calls",
        customer_id=customer.id,
        identifier="a",
        value=Decimal(40),
        happened_at=day("2026-01-05"),
    )
    works.goes_to(day("2026-01-11"))

    change_items(merchant_id=biller.id, subscription_id=subscription.id, anchor="now")

    assert newest(biller, subscription) == [-2_100, 3_100, 200]
    works.goes_to(day("2026-02-12"))
    assert newest(biller, subscription) == [0, 3_100]


def test_an_interval_that_changes_during_a_trial_bills_nothing_before_its_end(biller: Biller) -> None:
    works, subscription = on_clock(biller, "2026-01-01", amount=3_100, trial_period_days=14)
    works.goes_to(day("2026-01-05"))

    switch(biller, subscription, 30_000, "year")

    assert len(biller.invoices(subscription)) == 1
    works.goes_to(day("2026-01-16"))
    assert newest(biller, subscription) == [30_000]
    assert biller.fresh(subscription).next_billing_at == day("2027-01-15")


def test_a_new_period_that_waits_for_its_payment_begins_when_it_is_paid(biller: Biller) -> None:
    works, subscription = on_clock(biller, "2025-06-01", amount=10_000)
    works.goes_to(day("2025-06-16"))
    biller.takes_card(subscription.customer, DECLINES)
    [item] = list_items(subscription)

    waiting = change_subscription(
        merchant_id=biller.id,
        subscription_id=subscription.id,
        change_id=new_id(),
        changes=[ItemChange(item.id, price_id=biller.price(100_000, interval="year").id)],
        payment_behavior=UpdatePayment.PENDING_IF_INCOMPLETE,
    )

    assert (waiting.interval, waiting.next_billing_at) == ("month", day("2025-07-01"))
    biller.takes_card(subscription.customer, "pm_card_visa")
    works.passes(hours=10)
    pay_invoice(merchant_id=biller.id, invoice_id=biller.invoices(subscription)[-1].id)
    changed = biller.fresh(subscription)
    assert (changed.interval, changed.anchor_at, changed.next_billing_at) == (
        "year",
        day("2025-06-16"),
        day("2026-06-16"),
    )
    assert_each_second_once(biller, subscription)
    assert_books_agree(biller.shop)


def test_an_anchor_can_not_move_in_a_trial_nor_into_a_period_that_is_over(biller: Biller) -> None:
    _, trial = on_clock(biller, "2026-01-01", amount=3_100, trial_period_days=14)
    works, yearly = on_clock(biller, "2026-01-01", amount=30_000, interval="year")
    works.goes_to(day("2026-04-01"))
    before = biller.footprint()

    with pytest.raises(SubscriptionUnexpectedState):
        change_items(merchant_id=biller.id, subscription_id=trial.id, anchor="now")
    with pytest.raises(PeriodDatesOutOfOrder):
        switch(biller, yearly, 3_100, "month", proration_at=day("2026-02-01"))

    assert biller.footprint() | {"events": []} == before | {"events": []}
    assert InvoiceItem.objects.for_merchant(biller.id).count() == 0


def test_items_of_two_intervals_do_not_stand_on_one_subscription(biller: Biller) -> None:
    works = Clockwork.of(biller, day("2026-01-01"))
    subscription = biller.subscribes(works.customer(), prices=[biller.price(100), biller.price(200)])
    [first, _] = list_items(subscription)

    with pytest.raises(SubscriptionItemsDiffer):
        change_items(
            merchant_id=biller.id,
            subscription_id=subscription.id,
            changes=[ItemChange(first.id, price_id=biller.price(900, interval="year").id)],
        )

    assert len(biller.invoices(subscription)) == 1


def test_an_archived_price_may_stay_when_its_seats_change(biller: Biller) -> None:
    from subscriptions.operations.update_price import update_price

    works, subscription = on_clock(biller, "2026-01-01", amount=3_100)
    [item] = list_items(subscription)
    update_price(merchant_id=biller.id, price_id=item.price_id, is_active=False)
    works.passes(days=1)

    change_items(
        merchant_id=biller.id, subscription_id=subscription.id, changes=[ItemChange(item.id, quantity=2)]
    )

    assert list_items(subscription)[0].quantity == 2
