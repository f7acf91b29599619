"""Dunning: section F of reference/billing_cases.md, on a test clock so that the days are exact."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from subscriptions.models import Invoice, Subscription
from subscriptions.operations.cancel_subscription import cancel_subscription
from subscriptions.operations.pay_invoice import pay_invoice
from subscriptions.operations.resume_subscription import resume_subscription
from subscriptions.operations.retry_invoice import retry_invoice
from subscriptions.operations.stop_dunning import stop_dunning
from subscriptions.operations.try_new_method import try_new_method
from subscriptions.operations.void_invoice import void_invoice
from tests.factories.billing import Biller
from tests.factories.books import assert_books_agree
from tests.subscriptions.clocks import DECLINES, Clockwork

NEEDS_CUSTOMER = "pm_card_authenticationRequired"
FEBRUARY = datetime(2026, 2, 1, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def works(biller: Biller) -> Clockwork:
    return Clockwork.of(biller)


def failing(works: Clockwork, token: str = DECLINES) -> tuple[Subscription, Invoice]:
    """A subscription whose first renewal has failed once, an hour after noon on 1 February."""
    biller = works.biller
    customer = works.customer()
    subscription = biller.subscribes(customer)
    biller.takes_card(customer, token)
    works.goes_to(FEBRUARY + HOUR)
    return biller.fresh(subscription), biller.invoices(subscription)[-1]


def test_case_F1_five_tries_in_21_days_and_then_it_is_canceled(works: Clockwork, biller: Biller) -> None:
    # The source counts intervals of 2, 5, 7, 7 days and revokes a minute later; here the fifth failure ends it.
    subscription, invoice = failing(works)
    assert subscription.status == "past_due"
    assert invoice.next_payment_attempt_at == FEBRUARY + HOUR + timedelta(days=2)

    works.passes(days=20)
    assert biller.fresh(subscription).status == "past_due"
    works.passes(days=2)

    ended = biller.fresh(subscription)
    assert works.days_of_tries(invoice) == [0, 2, 7, 14, 21]
    assert (ended.status, ended.cancellation_reason) == ("canceled", "payment_failed")
    assert (works.run(invoice).status, works.run(invoice).next_try_at) == ("exhausted", None)
    assert Invoice.objects.for_merchant(biller.id).get(pk=invoice.pk).next_payment_attempt_at is None
    assert biller.shop.psp.charges() == 1


def test_recovery_on_the_second_try_ends_the_run(works: Clockwork, biller: Biller) -> None:
    subscription, invoice = failing(works)
    customer = subscription.customer
    biller.takes_card(customer, "pm_card_visa")

    works.passes(days=3)

    assert biller.fresh(subscription).status == "active"
    assert works.run(invoice).status == "recovered"
    assert [one.outcome for one in works.tries(invoice)] == ["soft_decline"]
    assert biller.shop.psp.charges() == 2
    assert_books_agree(biller.shop)


@pytest.mark.parametrize(
    ("end_action", "status"), [("cancel", "canceled"), ("unpaid", "unpaid"), ("past_due", "past_due")]
)
def test_the_end_is_what_the_policy_says(
    works: Clockwork, biller: Biller, end_action: str, status: str
) -> None:
    works.policy(end_action=end_action, offsets_days=[0, 1])
    subscription, invoice = failing(works)

    works.passes(days=2)

    assert biller.fresh(subscription).status == status
    assert works.days_of_tries(invoice) == [0, 1]


def test_the_end_may_give_the_invoice_up(works: Clockwork, biller: Biller) -> None:
    works.policy(end_action="past_due", offsets_days=[0, 1], invoice_uncollectible=True)
    _, invoice = failing(works)

    works.passes(days=2)

    assert Invoice.objects.for_merchant(biller.id).get(pk=invoice.pk).status == "uncollectible"


def test_case_F3_tries_by_people_do_not_use_up_the_schedule(works: Clockwork, biller: Biller) -> None:
    subscription, invoice = failing(works)

    for _ in range(3):
        pay_invoice(merchant_id=biller.id, invoice_id=invoice.id)
    works.passes(days=22)

    assert works.days_of_tries(invoice) == [0, 2, 7, 14, 21]
    assert [one.reason for one in works.tries(invoice)].count("manual") == 3
    assert biller.fresh(subscription).status == "canceled"


def test_case_F5_a_first_invoice_unpaid_for_23_hours_expires(works: Clockwork, biller: Biller) -> None:
    subscription = biller.subscribes(works.customer(DECLINES))
    assert subscription.status == "incomplete"

    works.passes(hours=23)

    [invoice] = biller.invoices(subscription)
    assert (biller.fresh(subscription).status, invoice.status) == ("incomplete_expired", "void")
    assert works.tries(invoice) == []


def test_case_F5_paid_a_minute_before_it_is_active(works: Clockwork, biller: Biller) -> None:
    customer = works.customer(DECLINES)
    subscription = biller.subscribes(customer)
    works.passes(hours=22, minutes=59)
    biller.takes_card(customer, "pm_card_visa")
    [invoice] = biller.invoices(subscription)

    pay_invoice(merchant_id=biller.id, invoice_id=invoice.id)
    works.passes(hours=2)

    assert biller.fresh(subscription).status == "active"


def test_case_F7_an_unpaid_subscriptions_invoices_wait_as_drafts(works: Clockwork, biller: Biller) -> None:
    works.policy(end_action="unpaid", offsets_days=[0, 1])
    subscription, _ = failing(works)
    works.goes_to(datetime(2026, 3, 5, tzinfo=UTC))

    newest = biller.invoices(subscription)[-1]
    assert biller.fresh(subscription).status == "unpaid"
    assert (newest.status, newest.finalizes_at, biller.payments(newest)) == ("draft", None, [])
    biller.takes_card(subscription.customer, "pm_card_visa")
    pay_invoice(merchant_id=biller.id, invoice_id=newest.id)

    assert biller.fresh(subscription).status == "active"


def paused(works: Clockwork) -> Subscription:
    """Its trial has ended without a payment method."""
    subscription = works.biller.subscribes(
        works.customer(None), trial_period_days=5, missing_payment_method="pause"
    )
    works.passes(days=6)
    assert works.biller.fresh(subscription).status == "paused"
    return subscription


def test_case_F9_a_resumption_that_nobody_pays_leaves_it_paused(works: Clockwork, biller: Biller) -> None:
    subscription = paused(works)

    resume_subscription(merchant_id=biller.id, subscription_id=subscription.id)
    works.passes(hours=24)

    kept = biller.fresh(subscription)
    assert (kept.status, kept.next_billing_at) == ("paused", None)
    assert biller.invoices(subscription)[-1].status == "void"


def test_case_F9_a_resumption_that_is_paid_makes_it_active(works: Clockwork, biller: Biller) -> None:
    subscription = paused(works)
    biller.takes_card(subscription.customer, "pm_card_visa")

    resumed = resume_subscription(merchant_id=biller.id, subscription_id=subscription.id)

    assert resumed.status == "active"
    assert resumed.current_period_start_at == resumed.anchor_at == works.fresh().frozen_at
    assert biller.invoices(subscription)[-1].amount_paid_minor == 1_000
    works.passes(days=40)
    assert len(biller.invoices(subscription)) == 3


def test_case_F11_retries_each_8_days_and_paying_late_brings_it_back(
    works: Clockwork, biller: Biller
) -> None:
    # The source blocks access by stages and bills nothing meanwhile; here `unpaid` is that block: invoices of
    # the blocked time stay drafts. Its credit for the blocked weeks has no twin: what is not wanted stays a draft.
    works.policy(end_action="unpaid", offsets_days=[0, 8, 16, 24])
    customer = works.customer(DECLINES)
    start = works.fresh().frozen_at
    subscription = biller.subscribes(customer, prices=[biller.price(24_995)], trial_period_days=30)

    works.goes_to(start + timedelta(days=92))

    trial, first, *drafts = biller.invoices(subscription)
    assert (trial.total_minor, first.total_minor) == (0, 24_995)
    assert works.days_of_tries(first) == [0, 8, 16, 24]
    assert [draft.status for draft in drafts] == ["draft", "draft"]
    assert biller.fresh(subscription).status == "unpaid"
    assert biller.shop.psp.charges() == 0
    biller.takes_card(customer, "pm_card_visa")
    pay_invoice(merchant_id=biller.id, invoice_id=drafts[-1].id)
    assert biller.fresh(subscription).status == "active"


def test_case_F13_below_its_threshold_nothing_is_tried(works: Clockwork, biller: Biller) -> None:
    # The source sends messages per customer and currency; here the threshold decides about tries of each invoice.
    works.policy(end_action="past_due", offsets_days=[0, 2, 4], thresholds={"eur": 15_000, "usd": 10_000})
    small, large = works.customer(), works.customer()
    euros = biller.subscribes(small, prices=[biller.price(14_900, currency="eur")])
    dollars = biller.subscribes(large, prices=[biller.price(12_000)])
    for customer in (small, large):
        biller.takes_card(customer, DECLINES)

    works.goes_to(FEBRUARY + HOUR + timedelta(days=7))

    assert works.days_of_tries(biller.invoices(dollars)[-1]) == [0, 2, 4]
    assert works.run(biller.invoices(dollars)[-1]).status == "exhausted"
    below = biller.invoices(euros)[-1]
    assert works.days_of_tries(below) == [0]
    assert works.run(below).status == "running"


def test_case_F15_a_stale_retry_after_a_payment_charges_nothing(works: Clockwork, biller: Biller) -> None:
    subscription, invoice = failing(works)
    run = works.run(invoice)
    biller.takes_card(subscription.customer, "pm_card_visa")
    pay_invoice(merchant_id=biller.id, invoice_id=invoice.id)
    before = biller.footprint()

    for _ in range(2):
        retry_invoice(merchant_id=biller.id, dunning_run_id=run.id, in_background=False)

    assert biller.footprint() == before
    assert biller.shop.psp.charges() == 2


def test_after_a_hard_decline_the_schedule_ticks_without_charging(works: Clockwork, biller: Biller) -> None:
    subscription, invoice = failing(works, NEEDS_CUSTOMER)
    asked = len(biller.payments(invoice))

    works.passes(days=22)

    assert [one.outcome for one in works.tries(invoice)] == ["hard_decline", *["skipped"] * 4]
    assert works.days_of_tries(invoice) == [0, 2, 7, 14, 21]
    assert len(biller.payments(invoice)) == asked == 1
    assert biller.fresh(subscription).status == "canceled"


def test_a_new_method_gives_one_immediate_try(works: Clockwork, biller: Biller) -> None:
    subscription, invoice = failing(works, NEEDS_CUSTOMER)
    biller.takes_card(subscription.customer, DECLINES)

    tried = [
        try_new_method(merchant_id=biller.id, customer_id=subscription.customer_id, in_background=False)
        for _ in range(3)
    ]
    works.passes(days=3)

    assert tried == [1, 0, 0]
    assert [(one.reason, one.outcome) for one in works.tries(invoice)] == [
        ("scheduled", "hard_decline"),
        ("new_method", "soft_decline"),
        ("scheduled", "soft_decline"),
    ]


def test_a_gateway_error_is_no_decline_and_is_tried_again_soon(works: Clockwork, biller: Biller) -> None:
    subscription = biller.subscribes(works.customer())
    biller.shop.psp.fails("status_429", times=3)

    works.goes_to(FEBRUARY + HOUR + timedelta(hours=2))

    invoice = biller.invoices(subscription)[-1]
    assert [one.outcome for one in works.tries(invoice)] == ["gateway_error"] * 3
    waits = [one.created_at - FEBRUARY - HOUR for one in works.tries(invoice)]
    assert waits == [timedelta(), timedelta(seconds=300), timedelta(seconds=900)]
    assert (invoice.status, biller.fresh(subscription).status) == ("paid", "active")
    assert works.run(invoice).tries_used == 0


def test_canceling_voiding_and_a_dispute_stop_the_tries(works: Clockwork, biller: Biller) -> None:
    canceled, of_canceled = failing(works)
    cancel_subscription(merchant_id=biller.id, subscription_id=canceled.id)
    assert (works.run(of_canceled).status, works.run(of_canceled).stop_reason) == ("stopped", "canceled")

    others = Clockwork.of(biller)
    _, of_voided = failing(others)
    void_invoice(merchant_id=biller.id, invoice_id=of_voided.id)
    assert others.run(of_voided).stop_reason == "voided"

    more = Clockwork.of(biller)
    disputed, of_disputed = failing(more)
    [paid] = biller.payments(biller.invoices(disputed)[0])
    assert stop_dunning(merchant_id=biller.id, payment_intent_id=paid.id) == 1
    assert more.run(of_disputed).stop_reason == "disputed"
    before = len(biller.payments(of_disputed))
    more.passes(days=22)
    assert len(biller.payments(of_disputed)) == before
    assert biller.fresh(disputed).status == "past_due"
