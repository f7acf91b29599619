"""Cancel, void, give up, pay elsewhere, schedule: what becomes of the subscription, its invoices and the books."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from foundation.ids import new_id
from foundation.jobs.models import Job
from foundation.money import Money
from subscriptions.errors import (
    InvoicePaymentUnresolved,
    InvoiceUnexpectedState,
    SchedulePhasesInvalid,
    SubscriptionUnexpectedState,
    TooManyPeriods,
)
from subscriptions.models import Invoice, InvoiceNumberSeries, Price, Subscription
from subscriptions.operations.cancel_subscription import cancel_subscription
from subscriptions.operations.change_items import change_items
from subscriptions.operations.check_number_gaps import check_number_gaps
from subscriptions.operations.collect_invoice import collect_invoice
from subscriptions.operations.create_invoice_item import create_invoice_item
from subscriptions.operations.create_price import create_price
from subscriptions.operations.create_schedule import create_schedule
from subscriptions.operations.delete_invoice_item import delete_invoice_item
from subscriptions.operations.mark_uncollectible import mark_uncollectible
from subscriptions.operations.move_trial_end import move_trial_end
from subscriptions.operations.pay_invoice import pay_invoice
from subscriptions.operations.stage_due_work import stage_due_work
from subscriptions.operations.update_subscription import SubscriptionChange, update_subscription
from subscriptions.operations.void_invoice import void_invoice
from subscriptions.queries.subscriptions import list_items
from subscriptions.steps.item_changes import ItemChange
from subscriptions.steps.plan_phases import NewPhase, PhaseItem
from tests.factories.billing import Biller
from tests.factories.books import assert_books_agree
from tests.factories.later import later
from tests.subscriptions.clocks import Clockwork

JULY = datetime(2026, 6, 23, tzinfo=UTC)


def sent(biller: Biller) -> tuple[Subscription, Invoice]:
    subscription = biller.subscribes(collection_method="send_invoice", days_until_due=30)
    [invoice] = biller.invoices(subscription)
    return subscription, invoice


def dearer(biller: Biller, than: Price, amount: int) -> Price:
    return create_price(
        merchant_id=biller.id,
        price_id=new_id(),
        product_id=than.product_id,
        currency=than.currency,
        unit_amount=Decimal(amount),
        interval="month",
    )


def test_canceled_now_and_prorated_the_rest_becomes_credit(biller: Biller) -> None:
    works = Clockwork.of(biller)
    subscription = biller.subscribes(works.customer(), prices=[biller.price(3_100)])
    works.passes(days=15)

    ended = cancel_subscription(merchant_id=biller.id, subscription_id=subscription.id, is_prorated=True)

    assert (ended.status, ended.next_billing_at) == ("canceled", None)
    assert [one.total_minor for one in biller.invoices(subscription)] == [3_100, -1_600]
    assert biller.shop.ledger("liabilities/customer_balance") == 1_600
    assert_books_agree(biller.shop)
    with pytest.raises(SubscriptionUnexpectedState):
        cancel_subscription(merchant_id=biller.id, subscription_id=subscription.id)


@pytest.mark.parametrize("at_once", [True, False])
def test_what_is_left_to_bill_does_not_keep_a_renewed_subscription_from_ending(
    biller: Biller, at_once: bool
) -> None:
    works = Clockwork.of(biller)
    customer = works.customer()
    subscription = biller.subscribes(customer, prices=[biller.price(3_100)])
    works.passes(days=35)
    create_invoice_item(
        merchant_id=biller.id,
        invoice_item_id=new_id(),
        customer_id=customer.id,
        amount=Money(250, "usd"),
    )

    if at_once:
        cancel_subscription(merchant_id=biller.id, subscription_id=subscription.id)
    else:
        change = SubscriptionChange(cancel_at_period_end=True)
        update_subscription(merchant_id=biller.id, subscription_id=subscription.id, change=change)
        works.passes(days=35)

    assert biller.fresh(subscription).status == "canceled"
    assert [one.total_minor for one in biller.invoices(subscription)] == [3_100, 3_100, 250]
    assert_books_agree(biller.shop)


def test_canceled_at_the_periods_end_it_is_provided_until_then(biller: Biller) -> None:
    works = Clockwork.of(biller)
    subscription = biller.subscribes(works.customer())
    update_subscription(
        merchant_id=biller.id,
        subscription_id=subscription.id,
        change=SubscriptionChange(cancel_at_period_end=True),
    )

    works.passes(days=20)
    assert biller.fresh(subscription).status == "active"
    works.passes(days=15)

    ended = biller.fresh(subscription)
    assert (ended.status, ended.ended_at) == ("canceled", subscription.current_period_end_at)
    assert len(biller.invoices(subscription)) == 1


def test_case_E21_a_voided_and_a_paid_invoice_are_ends(biller: Biller) -> None:
    _, invoice = sent(biller)
    void_invoice(merchant_id=biller.id, invoice_id=invoice.id)
    _, paid = sent(biller)
    pay_invoice(merchant_id=biller.id, invoice_id=paid.id)
    before = biller.footprint()

    for one in (invoice, paid):
        for refused in (void_invoice, mark_uncollectible, pay_invoice):
            with pytest.raises(InvoiceUnexpectedState):
                refused(merchant_id=biller.id, invoice_id=one.id)

    assert biller.footprint() == before
    assert biller.shop.ledger("assets/receivables") == 0


def test_case_E21_an_uncollectible_invoice_may_be_paid_or_voided(biller: Biller) -> None:
    subscription, invoice = sent(biller)
    mark_uncollectible(merchant_id=biller.id, invoice_id=invoice.id)

    pay_invoice(merchant_id=biller.id, invoice_id=invoice.id)

    assert Invoice.objects.for_merchant(biller.id).get(pk=invoice.pk).status == "paid"
    assert biller.fresh(subscription).status == "active"
    assert_books_agree(biller.shop)


def test_a_payment_that_may_still_come_is_not_voided_away(biller: Biller) -> None:
    _, invoice = sent(biller)
    biller.shop.psp.fails("error_after_booking")
    collect_invoice(merchant_id=biller.id, invoice_id=invoice.id, in_background=False)

    for refused in (void_invoice, mark_uncollectible):
        with pytest.raises(InvoicePaymentUnresolved):
            refused(merchant_id=biller.id, invoice_id=invoice.id)

    assert Invoice.objects.for_merchant(biller.id).get(pk=invoice.pk).status == "open"


def test_money_that_came_another_way_is_booked_at_the_bank(biller: Biller) -> None:
    _, invoice = sent(biller)

    paid = pay_invoice(merchant_id=biller.id, invoice_id=invoice.id, is_out_of_band=True)

    assert (paid.status, paid.paid_out_of_band) == ("paid", True)
    assert biller.shop.ledger("assets/bank") == 1_000
    assert biller.shop.psp.charges() == 0
    assert biller.shop.ledger("assets/receivables") == 0


def test_an_item_waits_for_the_next_renewal_and_may_be_taken_back(biller: Biller) -> None:
    works = Clockwork.of(biller)
    customer = works.customer()
    subscription = biller.subscribes(customer)
    kept, gone = (
        create_invoice_item(
            merchant_id=biller.id,
            invoice_item_id=new_id(),
            customer_id=customer.id,
            amount=Money(amount, "usd"),
        )
        for amount in (250, 700)
    )
    delete_invoice_item(merchant_id=biller.id, invoice_item_id=gone.id)

    works.passes(days=35)

    assert [line.amount_minor for line in biller.lines(biller.invoices(subscription)[-1])] == [250, 1_000]
    assert kept.id == biller.lines(biller.invoices(subscription)[-1])[0].invoice_item_id


def test_a_scheduled_change_of_price_survives_a_change_of_seats(biller: Biller) -> None:
    works = Clockwork.of(biller)
    price = biller.price(1_000)
    subscription = biller.subscribes(works.customer(), prices=[price], quantity=2)
    create_schedule(
        merchant_id=biller.id,
        schedule_id=new_id(),
        subscription_id=subscription.id,
        phases=[NewPhase((PhaseItem(dearer(biller, price, 1_500).id),))],
    )
    [item] = list_items(subscription)
    change_items(
        merchant_id=biller.id,
        subscription_id=subscription.id,
        changes=[ItemChange(item.id, quantity=5)],
        proration_behavior="none",
    )

    works.passes(days=35)

    newest = biller.invoices(subscription)[-1]
    assert (newest.total_minor, newest.status) == (7_500, "paid")


def test_a_phase_may_not_begin_in_the_past(biller: Biller) -> None:
    subscription = biller.subscribes()
    price = list_items(subscription)[0].price_id
    phase = NewPhase((PhaseItem(price),), starts_at=subscription.started_at - timedelta(days=1))

    with pytest.raises(SchedulePhasesInvalid):
        create_schedule(
            merchant_id=biller.id,
            schedule_id=new_id(),
            subscription_id=subscription.id,
            phases=[phase],
        )


def test_case_A23_a_trial_in_mid_period_moves_the_anchor(biller: Biller) -> None:
    works = Clockwork.of(biller, JULY)
    subscription = biller.subscribes(works.customer())
    works.goes_to(datetime(2026, 7, 15, tzinfo=UTC))

    move_trial_end(
        merchant_id=biller.id,
        subscription_id=subscription.id,
        trial_end_at=datetime(2026, 8, 1, tzinfo=UTC),
        is_prorated=False,
    )
    works.goes_to(datetime(2026, 9, 2, tzinfo=UTC))

    shown = [(f"{one.period_start_at:%m-%d}", one.total_minor) for one in biller.invoices(subscription)]
    assert shown == [("06-23", 1_000), ("07-15", 0), ("08-01", 1_000), ("09-01", 1_000)]


def test_backdating_bills_a_line_per_period_and_at_most_250(biller: Biller) -> None:
    works = Clockwork.of(biller)
    now = works.fresh().frozen_at

    subscription = biller.subscribes(works.customer(), backdate_start_at=now.replace(year=2025))
    before = biller.footprint()
    with pytest.raises(TooManyPeriods):
        biller.subscribes(
            works.customer(),
            prices=[biller.price(10, interval="day")],
            backdate_start_at=now - timedelta(days=251),
        )

    assert len(biller.lines(biller.invoices(subscription)[0])) == 13
    assert biller.footprint()["subscriptions"] == before["subscriptions"]


def test_beat_stages_a_job_for_what_is_due_and_once(biller: Biller) -> None:
    sent(biller)

    with later(31 * 86_400):
        stage_due_work()
        staged = Job.objects.filter(merchant_id=biller.id, name="subscriptions.note_overdue").count()
        stage_due_work()

    assert staged == 1
    assert Job.objects.filter(merchant_id=biller.id, name="subscriptions.note_overdue").count() == 1


def test_a_gap_in_the_numbers_opens_one_case(biller: Biller) -> None:
    sent(biller)
    assert check_number_gaps() == 0
    InvoiceNumberSeries.objects.for_merchant(biller.id).update(last_number=3)

    assert (check_number_gaps(), check_number_gaps()) == (1, 1)
    assert [kind for kind, _, _ in biller.shop.cases()] == ["numbers_missing"]
