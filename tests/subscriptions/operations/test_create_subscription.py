"""Creating a subscription: the first invoice, the first payment, and what each behaviour makes of a failure."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from foundation import clock
from foundation.errors import ResourceMissing
from foundation.ids import new_id
from ledger.queries.verify import verify_books
from subscriptions.errors import (
    DaysUntilDueMissing,
    PriceNotRecurring,
    SubscriptionItemsDiffer,
    SubscriptionPaymentFailed,
)
from subscriptions.models import CollectionMethod, InvoiceStatus, SubscriptionStatus
from subscriptions.operations.collect_invoice import collect_invoice
from subscriptions.operations.create_coupon import create_coupon
from subscriptions.operations.create_subscription import (
    NewItem,
    PaymentBehavior,
    SubscriptionTerms,
    create_subscription,
)
from subscriptions.operations.create_tax_rate import create_tax_rate
from subscriptions.operations.expire_incomplete_subscription import expire_incomplete_subscription
from subscriptions.steps.redeem import Redemption
from tests.factories.billing import Biller
from tests.factories.books import assert_books_agree
from tests.factories.later import later

HOUR = 3_600


def test_the_first_month_is_charged_and_booked(biller: Biller) -> None:
    subscription = biller.subscribes(prices=[biller.price(2_995)], quantity=7)

    [invoice] = biller.invoices(subscription)
    [line] = biller.lines(invoice)
    assert (subscription.status, invoice.status, invoice.number) == ("active", "paid", "INV-0001")
    assert (line.amount_minor, line.part_units, line.whole_units) == (
        20_965,
        line.whole_units,
        line.part_units,
    )
    assert (invoice.total_minor, invoice.amount_due_minor, invoice.amount_paid_minor) == (20_965,) * 3
    assert biller.shop.ledger("assets/receivables") == 0
    assert biller.shop.ledger("income/sales") == 20_965
    assert biller.shop.psp.charges() == 1
    assert_books_agree(biller.shop)


def test_tax_and_discount_are_on_the_invoice_and_in_the_books(biller: Biller) -> None:
    rate = create_tax_rate(
        merchant_id=biller.id,
        tax_rate_id=new_id(),
        display_name="VAT",
        percentage=Decimal("20"),
        inclusive=False,
    )
    coupon = create_coupon(
        merchant_id=biller.id, coupon_id=new_id(), duration="once", percent_off=Decimal("25")
    )

    subscription = biller.subscribes(
        default_tax_rate_ids=(rate.id,), discounts=(Redemption(coupon_id=coupon.id),)
    )

    [invoice] = biller.invoices(subscription)
    assert (invoice.subtotal_minor, invoice.discount_minor, invoice.tax_minor) == (1_000, 250, 150)
    assert (invoice.total_minor, invoice.status) == (900, "paid")
    assert biller.shop.ledger("liabilities/tax_payable") == 150
    assert biller.shop.ledger("income/sales") == 750
    assert verify_books(biller.id).differences == []


def test_a_declined_first_payment_leaves_it_incomplete_with_an_open_invoice(biller: Biller) -> None:
    customer = biller.customer("pm_card_chargeCustomerFail")

    subscription = biller.subscribes(customer)

    [invoice] = biller.invoices(subscription)
    [payment] = biller.payments(invoice)
    assert (subscription.status, invoice.status, invoice.attempt_count) == ("incomplete", "open", 1)
    assert (payment.status, payment.decline_code) == ("open", "generic_decline")
    assert biller.shop.ledger("assets/receivables") == 1_000


def test_default_incomplete_waits_for_the_customers_own_client(biller: Biller) -> None:
    subscription = biller.subscribes(behavior=PaymentBehavior.DEFAULT_INCOMPLETE)

    [invoice] = biller.invoices(subscription)
    [payment] = biller.payments(invoice)
    assert (subscription.status, invoice.status, payment.status) == ("incomplete", "open", "open")
    assert payment.payment_intent_id == payment.id
    assert biller.shop.psp.charges() == 0


def test_error_if_incomplete_refuses_and_nothing_of_it_lives(biller: Biller) -> None:
    customer = biller.customer("pm_card_chargeCustomerFail")

    with pytest.raises(SubscriptionPaymentFailed):
        biller.subscribes(customer, behavior=PaymentBehavior.ERROR_IF_INCOMPLETE)

    # The number of the void invoice stays: a series has no gaps.
    assert [invoice.status for invoice in _all_invoices(biller)] == [InvoiceStatus.VOID]
    assert biller.shop.balances() == {}
    assert biller.shop.events()[-1] == "customer.subscription.updated"


def _all_invoices(biller: Biller) -> list:
    from subscriptions.models import Invoice

    return list(Invoice.objects.for_merchant(biller.id))


def test_a_trial_begins_with_an_invoice_over_nothing(biller: Biller) -> None:
    before = clock.now()

    subscription = biller.subscribes(biller.customer(None), trial_period_days=30)

    [invoice] = biller.invoices(subscription)
    assert (subscription.status, invoice.status, invoice.total_minor) == ("trialing", "paid", 0)
    assert subscription.anchor_at == subscription.trial_end_at == subscription.next_billing_at
    assert subscription.trial_end_at is not None
    assert timedelta(days=29, hours=23) < subscription.trial_end_at - before < timedelta(days=30, hours=1)
    assert [line.description for line in biller.lines(invoice)] == ["Trial period for Tea"]
    assert biller.shop.psp.charges() == 0


def test_an_invoice_that_is_sent_makes_it_active_and_waits_to_be_paid(biller: Biller) -> None:
    subscription = biller.subscribes(
        biller.customer(None), collection_method=CollectionMethod.SEND_INVOICE, days_until_due=14
    )

    [invoice] = biller.invoices(subscription)
    assert (subscription.status, invoice.status) == ("active", "open")
    assert invoice.due_at is not None and invoice.finalized_at is not None
    assert invoice.due_at - invoice.finalized_at == timedelta(days=14)
    assert biller.payments(invoice) == []


def test_backdating_bills_each_natural_period_on_a_line(biller: Biller) -> None:
    start = clock.now().replace(microsecond=0) - timedelta(days=70)

    subscription = biller.subscribes(backdate_start_at=start)

    [invoice] = biller.invoices(subscription)
    lines = biller.lines(invoice)
    assert [line.amount_minor for line in lines] == [1_000, 1_000, 1_000]
    assert lines[0].period_start_at == start
    assert lines[-1].period_end_at == subscription.next_billing_at == subscription.current_period_end_at


def test_a_card_that_comes_later_completes_it(biller: Biller) -> None:
    customer = biller.customer("pm_card_chargeCustomerFail")
    subscription = biller.subscribes(customer)
    [invoice] = biller.invoices(subscription)

    biller.takes_card(customer, "pm_card_visa")
    collect_invoice(merchant_id=biller.id, invoice_id=invoice.id, reason="manual", in_background=False)

    [first, second] = biller.payments(invoice)
    assert (first.status, second.status) == ("canceled", "paid")
    assert biller.fresh(subscription).status == SubscriptionStatus.ACTIVE
    assert biller.shop.ledger("assets/receivables") == 0
    assert_books_agree(biller.shop)


def test_case_F5_unpaid_for_23_hours_expires_and_voids_the_invoice(biller: Biller) -> None:
    subscription = biller.subscribes(biller.customer("pm_card_chargeCustomerFail"))

    with later(22 * HOUR + 59 * 60):
        expire_incomplete_subscription(merchant_id=biller.id, subscription_id=subscription.id)
        assert biller.fresh(subscription).status == SubscriptionStatus.INCOMPLETE
    with later(23 * HOUR + 1):
        expire_incomplete_subscription(merchant_id=biller.id, subscription_id=subscription.id)

    [invoice] = biller.invoices(subscription)
    expired = biller.fresh(subscription)
    assert (expired.status, invoice.status, expired.next_billing_at) == ("incomplete_expired", "void", None)
    assert biller.shop.balances() == {}
    assert verify_books(biller.id).differences == []


def test_case_F5_paid_after_22_hours_and_59_minutes_is_active(biller: Biller) -> None:
    customer = biller.customer("pm_card_chargeCustomerFail")
    subscription = biller.subscribes(customer)
    [invoice] = biller.invoices(subscription)
    biller.takes_card(customer, "pm_card_visa")

    with later(22 * HOUR + 59 * 60):
        collect_invoice(merchant_id=biller.id, invoice_id=invoice.id, reason="manual", in_background=False)
    with later(23 * HOUR + 1):
        expire_incomplete_subscription(merchant_id=biller.id, subscription_id=subscription.id)

    assert biller.fresh(subscription).status == SubscriptionStatus.ACTIVE


def test_the_same_id_twice_is_one_subscription_and_one_charge(biller: Biller) -> None:
    price, customer, wanted = biller.price(), biller.customer(), new_id()
    arguments = {
        "merchant_id": biller.id,
        "subscription_id": wanted,
        "customer_id": customer.id,
        "items": [NewItem(price.id, 1)],
        "terms": SubscriptionTerms(),
    }

    first = create_subscription(**arguments)
    second = create_subscription(**arguments, may_exist=True)

    assert first.id == second.id and second.status == SubscriptionStatus.ACTIVE
    assert biller.shop.psp.charges() == 1
    assert len(biller.invoices(first)) == 1


def test_prices_that_do_not_belong_together_are_refused_and_leave_no_trace(biller: Biller) -> None:
    customer = biller.customer()
    monthly, yearly, euros = biller.price(), biller.price(interval="year"), biller.price(currency="eur")
    once = biller.price(interval="")
    before = biller.footprint()

    for prices, error in (
        ([monthly, yearly], SubscriptionItemsDiffer),
        ([monthly, euros], SubscriptionItemsDiffer),
        ([monthly, monthly], SubscriptionItemsDiffer),
        ([once], PriceNotRecurring),
    ):
        with pytest.raises(error):
            biller.subscribes(customer, prices=prices)
    with pytest.raises(DaysUntilDueMissing):
        biller.subscribes(customer, prices=[monthly], collection_method=CollectionMethod.SEND_INVOICE)

    assert biller.footprint() == before


def test_another_merchants_price_is_as_good_as_absent(biller: Biller) -> None:
    from foundation.tenancy.operations import create_merchant

    stranger = create_merchant(name="Coffee shop", currency="usd")
    price, customer = biller.price(), biller.customer()

    with pytest.raises(ResourceMissing):
        create_subscription(
            merchant_id=stranger.id,
            subscription_id=new_id(),
            customer_id=customer.id,
            items=[NewItem(price.id, 1)],
        )
