"""Deferred revenue: what a line covers later becomes income when its time begins, and sums to the line to the cent."""

from __future__ import annotations

from datetime import timedelta

import pytest

from foundation import clock
from foundation.ids import new_id
from foundation.transactions import owns_transaction
from ledger.queries.verify import verify_books
from subscriptions.models import Invoice, RevenueRecognition, RevenueSchedule, Subscription
from subscriptions.operations.change_items import change_items
from subscriptions.operations.create_credit_note import Credited, create_credit_note
from subscriptions.operations.recognise_revenue import recognise_revenue
from subscriptions.operations.void_credit_note import void_credit_note
from subscriptions.operations.void_invoice import void_invoice
from subscriptions.revenue import Pace
from subscriptions.steps.billing_rows import billing_settings_of
from subscriptions.steps.item_changes import ItemChange
from tests.factories.billing import Biller
from tests.factories.books import assert_books_agree
from tests.factories.later import DAY_SECONDS, later
from tests.subscriptions.clocks import Clockwork

SALES, DEFERRED, CREDITS = "income/sales", "liabilities/deferred_revenue", "income/credits"
YEARLY = 12_000
MONTHS = 31 * DAY_SECONDS


@owns_transaction
def paces(biller: Biller, pace: Pace) -> None:
    settings = billing_settings_of(biller.id)
    settings.revenue_pace = pace
    settings.save()


def buys_a_year(biller: Biller, *, is_sent: bool = False) -> tuple[Subscription, Invoice]:
    terms = {"collection_method": "send_invoice", "days_until_due": 30} if is_sent else {}
    subscription = biller.subscribes(prices=[biller.price(YEARLY, interval="year")], **terms)
    [invoice] = biller.invoices(subscription)
    return subscription, invoice


def schedule(biller: Biller) -> RevenueSchedule:
    return RevenueSchedule.objects.for_merchant(biller.id).get()


def parts(biller: Biller) -> list[int]:
    rows = RevenueRecognition.objects.for_merchant(biller.id).order_by("ordinal")
    return [row.amount_minor for row in rows]


def credit(biller: Biller, invoice: Invoice, amount: int):  # type: ignore[no-untyped-def]
    return create_credit_note(
        merchant_id=biller.id,
        credit_note_id=new_id(),
        invoice_id=invoice.id,
        credited=[Credited(biller.lines(invoice)[0].id, amount)],
    )


def test_a_year_is_deferred_but_for_its_first_month(biller: Biller) -> None:
    _, invoice = buys_a_year(biller)

    assert biller.shop.ledger(SALES) == 1_000
    assert biller.shop.ledger(DEFERRED) == 11_000
    assert parts(biller) == [1_000]
    assert schedule(biller).invoice_line_id == biller.lines(invoice)[0].id
    assert_books_agree(biller.shop)


def test_a_month_paid_at_its_beginning_covers_no_later_time(biller: Biller) -> None:
    biller.subscribes()

    assert biller.shop.ledger(SALES) == 1_000
    assert not RevenueSchedule.objects.for_merchant(biller.id).exists()


def test_by_the_day_a_month_is_deferred_as_well(biller: Biller) -> None:
    paces(biller, Pace.DAILY)

    biller.subscribes()

    assert biller.shop.ledger(SALES) + biller.shop.ledger(DEFERRED) == 1_000
    assert 0 < biller.shop.ledger(SALES) <= 36
    assert_books_agree(biller.shop)


def test_at_once_nothing_is_deferred(biller: Biller) -> None:
    paces(biller, Pace.AT_ONCE)

    buys_a_year(biller)

    assert biller.shop.ledger(SALES) == YEARLY


def test_each_month_earns_its_part_and_the_year_all_of_it(biller: Biller) -> None:
    buys_a_year(biller)

    with later(MONTHS):
        assert recognise_revenue() == 1
        assert recognise_revenue() == 0
    assert parts(biller) == [1_000, 1_000]
    with later(370 * DAY_SECONDS):
        recognise_revenue()

    assert parts(biller) == [1_000, 1_000, 10_000]
    assert (schedule(biller).next_at, schedule(biller).deferred.amount_minor) == (None, 0)
    assert (biller.shop.ledger(SALES), biller.shop.ledger(DEFERRED)) == (YEARLY, 0)
    assert verify_books(biller.id).differences == []


def test_a_credit_note_takes_back_what_is_not_earned_before_income(biller: Biller) -> None:
    _, invoice = buys_a_year(biller)

    credit(biller, invoice, 11_500)

    assert biller.shop.ledger(DEFERRED) == 0
    assert biller.shop.ledger(SALES) == 1_000
    # 115.00 is the customer's now, of which 5.00 had been earned: the rest never was income.
    assert biller.shop.ledger(CREDITS) == 500
    assert biller.shop.ledger("liabilities/customer_balance") == 11_500
    assert schedule(biller).next_at is None
    assert_books_agree(biller.shop)


def test_what_a_note_left_is_earned_to_its_end(biller: Biller) -> None:
    _, invoice = buys_a_year(biller)
    credit(biller, invoice, 6_000)

    with later(370 * DAY_SECONDS):
        recognise_revenue()

    assert (biller.shop.ledger(SALES), biller.shop.ledger(DEFERRED)) == (6_000, 0)
    assert biller.shop.ledger(CREDITS) == 0
    assert verify_books(biller.id).differences == []


def test_voiding_a_note_defers_again(biller: Biller) -> None:
    _, invoice = buys_a_year(biller, is_sent=True)
    note = credit(biller, invoice, 6_000)
    assert biller.shop.ledger(DEFERRED) == 5_000

    void_credit_note(merchant_id=biller.id, credit_note_id=note.id)

    assert biller.shop.ledger(DEFERRED) == 11_000
    assert schedule(biller).next_at is not None
    assert verify_books(biller.id).differences == []


def test_voiding_the_invoice_after_two_months_leaves_nothing(biller: Biller) -> None:
    before = biller.shop.balances()
    _, invoice = buys_a_year(biller, is_sent=True)
    with later(MONTHS):
        recognise_revenue()

    void_invoice(merchant_id=biller.id, invoice_id=invoice.id)

    assert biller.shop.balances() == before
    with later(370 * DAY_SECONDS):
        assert recognise_revenue() == 0
    assert verify_books(biller.id).differences == []


def test_on_a_test_clock_the_year_is_earned_as_the_clock_turns(biller: Biller) -> None:
    works = Clockwork.of(biller)
    biller.subscribes(works.customer(), prices=[biller.price(YEARLY, interval="year")])

    works.passes(days=32)
    assert parts(biller) == [1_000, 1_000]
    works.passes(days=60)

    assert parts(biller) == [1_000] * 4
    assert recognise_revenue() == 0
    assert verify_books(biller.id).differences == []


@pytest.mark.parametrize("days", [45, 200])
def test_an_upgrade_in_mid_year_leaves_no_revenue_twice(biller: Biller, days: int) -> None:
    subscription, _ = buys_a_year(biller)
    dearer = biller.price(24_000, interval="year")
    item = subscription.items.get()
    with later(days * DAY_SECONDS):
        recognise_revenue()
        change_items(
            merchant_id=biller.id,
            subscription_id=subscription.id,
            changes=[ItemChange(item_id=item.id, price_id=dearer.id)],
            proration_behavior="always_invoice",
        )
    with later(400 * DAY_SECONDS):
        recognise_revenue()

    invoices = biller.invoices(subscription)
    assert len(invoices) == 2
    assert biller.shop.ledger(SALES) == sum(invoice.total_minor for invoice in invoices)
    assert biller.shop.ledger(DEFERRED) == 0
    assert verify_books(biller.id).differences == []


def test_a_tick_that_comes_late_dates_the_part_when_it_was_earned(biller: Biller) -> None:
    buys_a_year(biller)
    with later(MONTHS + 5 * DAY_SECONDS):
        recognise_revenue()
        now = clock.now()

    latest = RevenueRecognition.objects.for_merchant(biller.id).order_by("ordinal").last()
    assert latest is not None
    assert latest.earned_at < now - timedelta(days=4)
