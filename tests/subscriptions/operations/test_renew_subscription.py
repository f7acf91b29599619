"""Renewing: what is due is billed once, what is not is not, and two missed periods ask a person."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction

from foundation import clock
from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from ledger.queries.verify import verify_books
from subscriptions.models import Invoice, Subscription
from subscriptions.operations.claim_due_drafts import claim_due_drafts
from subscriptions.operations.claim_due_renewals import claim_due_renewals
from subscriptions.operations.create_meter import create_meter
from subscriptions.operations.create_meter_event import create_meter_event
from subscriptions.operations.finalize_invoice import finalize_invoice
from subscriptions.operations.renew_subscription import renew_subscription
from tests.factories.billing import Biller
from tests.factories.books import assert_books_agree
from tests.factories.later import later

DAY = 86_400


def renew(biller: Biller, subscription: Subscription) -> Invoice | None:
    return renew_subscription(merchant_id=biller.id, subscription_id=subscription.id)


def after(subscription: Subscription, seconds: float = 1) -> float:
    """Seconds from now to shortly after the next renewal."""
    assert subscription.next_billing_at is not None
    return (subscription.next_billing_at - clock.now()).total_seconds() + seconds


def test_a_renewal_writes_a_draft_and_moves_the_dates(biller: Biller) -> None:
    subscription = biller.subscribes()
    first_end = subscription.current_period_end_at

    with later(after(subscription)):
        draft = renew(biller, subscription)

    assert draft is not None
    renewed = biller.fresh(subscription)
    assert (draft.status, draft.number, draft.total_minor) == ("draft", "", 1_000)
    assert draft.period_start_at == renewed.current_period_start_at == first_end
    assert renewed.next_billing_at == renewed.current_period_end_at == subscription.cycle.boundary(2)
    assert renewed.latest_invoice_id == draft.id
    assert draft.finalizes_at is not None
    assert timedelta(minutes=29) < draft.finalizes_at - draft.created_at <= timedelta(hours=1)
    assert biller.shop.psp.charges() == 1


def test_case_F15_a_stale_renewal_finds_nothing_due(biller: Biller) -> None:
    subscription = biller.subscribes()
    assert renew(biller, subscription) is None

    with later(after(subscription)):
        assert renew(biller, subscription) is not None
        before = biller.footprint()
        assert renew(biller, subscription) is None

    assert biller.footprint() == before
    assert len(biller.invoices(subscription)) == 2


def test_the_database_has_one_invoice_per_period_and_reason(biller: Biller) -> None:
    subscription = biller.subscribes()
    with later(after(subscription)):
        draft = renew(biller, subscription)
    assert draft is not None
    draft.pk, draft.number = new_id(), ""

    with pytest.raises(IntegrityError, match="invoice_once_per_period_and_reason"), transaction.atomic():
        draft.save(force_insert=True)


def test_more_than_one_missed_period_halts_and_asks_a_person(biller: Biller) -> None:
    subscription = biller.subscribes()

    with later(after(subscription) + 32 * DAY):
        assert renew(biller, subscription) is None
        assert renew(biller, subscription) is None

    halted = biller.fresh(subscription)
    assert halted.halted_at is not None
    assert len(biller.invoices(subscription)) == 1
    [(kind, about, _)] = biller.shop.cases()
    assert (kind, about) == ("renewals_missed", "subscription")


def test_two_beats_and_doubled_jobs_make_one_invoice_and_one_charge(biller: Biller) -> None:
    subscription = biller.subscribes()

    with later(after(subscription)):
        assert claim_due_renewals() == 1
        assert claim_due_renewals() == 0
        run_due_jobs()
        assert claim_due_renewals() == 0
    with later(after(subscription) + 3_700):
        assert (claim_due_drafts(), claim_due_drafts()) == (1, 0)
        run_due_jobs()
        assert claim_due_drafts() == 0
        run_due_jobs()
        biller.hears_of_payments()

    [_, invoice] = biller.invoices(subscription)
    assert (invoice.status, invoice.number) == ("paid", "INV-0002")
    assert [payment.status for payment in biller.payments(invoice)] == ["paid"]
    assert biller.shop.psp.charges() == 2
    assert_books_agree(biller.shop)


def test_a_failed_renewal_is_past_due_and_the_next_payment_brings_it_back(biller: Biller) -> None:
    from subscriptions.operations.collect_invoice import collect_invoice

    customer = biller.customer()
    subscription = biller.subscribes(customer)
    biller.takes_card(customer, "pm_card_chargeCustomerFail")
    with later(after(subscription)):
        draft = renew(biller, subscription)
        assert draft is not None
        finalize_invoice(merchant_id=biller.id, invoice_id=draft.id)
        collect_invoice(merchant_id=biller.id, invoice_id=draft.id, attempt=1, in_background=False)
        assert biller.fresh(subscription).status == "past_due"

        biller.takes_card(customer, "pm_card_visa")
        collect_invoice(merchant_id=biller.id, invoice_id=draft.id, attempt=2, in_background=False)

    assert biller.fresh(subscription).status == "active"
    assert [payment.status for payment in biller.payments(draft)] == ["canceled", "paid"]
    assert verify_books(biller.id).differences == []


def test_a_cancellation_at_the_periods_end_ends_it_without_an_invoice(biller: Biller) -> None:
    subscription = biller.subscribes(cancel_at_period_end=True)

    with later(after(subscription)):
        assert renew(biller, subscription) is None

    ended = biller.fresh(subscription)
    assert (ended.status, ended.ended_at) == ("canceled", subscription.current_period_end_at)
    assert len(biller.invoices(subscription)) == 1
    assert biller.shop.events()[-1] == "customer.subscription.deleted"


@pytest.mark.parametrize(
    ("policy", "status", "invoices"),
    [("create_invoice", "active", 2), ("pause", "paused", 1), ("cancel", "canceled", 1)],
)
def test_a_trial_ends_without_a_payment_method_as_the_policy_says(
    biller: Biller, policy: str, status: str, invoices: int
) -> None:
    subscription = biller.subscribes(
        biller.customer(None), trial_period_days=7, missing_payment_method=policy
    )

    with later(after(subscription)):
        renew(biller, subscription)

    assert biller.fresh(subscription).status == status
    assert len(biller.invoices(subscription)) == invoices


def test_case_F7_an_unpaid_subscriptions_invoice_stays_a_draft_without_an_attempt(biller: Biller) -> None:
    subscription = biller.subscribes()
    unpaid = biller.fresh(subscription)
    unpaid.fall_past_due()
    unpaid.leave_unpaid()
    unpaid.save()

    with later(after(subscription)):
        draft = renew(biller, subscription)
    with later(after(subscription) + 2 * 3_600):
        assert claim_due_drafts() == 0

    assert draft is not None
    [_, kept] = biller.invoices(subscription)
    assert (kept.status, kept.auto_advance, kept.finalizes_at) == ("draft", False, None)
    assert biller.payments(kept) == []
    assert biller.fresh(subscription).status == "unpaid"


def test_usage_is_billed_in_arrears_once_and_late_events_go_to_the_next_invoice(biller: Biller) -> None:
    meter = create_meter(merchant_id=biller.id, meter_id=new_id(), display_name="Calls", event_name="calls")
    price = biller.price(5, usage_type="metered", meter_id=meter.id)
    customer = biller.customer()
    subscription = biller.subscribes(customer, prices=[price])

    def count(identifier: str, value: int) -> None:
        create_meter_event(
            merchant_id=biller.id,
            event_name="calls",
            customer_id=customer.id,
            identifier=identifier,
            value=Decimal(value),
            happened_at=subscription.started_at + timedelta(days=1),
        )

    assert biller.invoices(subscription)[0].total_minor == 0
    count("a", 30)
    count("a", 30)
    count("b", 10)
    with later(after(subscription)):
        first = renew(biller, subscription)
    count("late", 2)
    with later(after(biller.fresh(subscription))):
        second = renew(biller, subscription)

    assert first is not None and second is not None
    assert [(line.amount_minor, line.quantity) for line in biller.lines(first)] == [(200, 40)]
    assert [(line.amount_minor, line.quantity) for line in biller.lines(second)] == [(10, 2)]
