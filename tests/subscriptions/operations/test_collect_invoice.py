"""Collecting: one intent per try, an unknown outcome is waited for, a crash goes on where it stopped."""

from __future__ import annotations

import pytest

from foundation.ids import new_id
from subscriptions.errors import InvoicePaymentUnresolved, InvoiceUnexpectedState
from subscriptions.models import Invoice, InvoicePayment, Subscription
from subscriptions.operations.collect_invoice import collect_invoice
from subscriptions.operations.record_invoice_payment import record_invoice_payment
from tests.factories.billing import Biller
from tests.factories.books import assert_all_decided, assert_books_agree
from tests.factories.later import look_until_settled


def owing(biller: Biller, token: str | None = "pm_card_visa") -> tuple[Subscription, Invoice]:
    """An open invoice of an active subscription, that is charged only when a test asks for it."""
    customer = biller.customer(token)
    subscription = biller.subscribes(customer, collection_method="send_invoice", days_until_due=30)
    [invoice] = biller.invoices(subscription)
    return subscription, invoice


def collect(biller: Biller, invoice: Invoice, attempt: int | None = 1) -> Invoice:
    return collect_invoice(merchant_id=biller.id, invoice_id=invoice.id, attempt=attempt, in_background=False)


def test_a_try_and_its_intent_have_one_id_and_credit_receivables(biller: Biller) -> None:
    _, invoice = owing(biller)

    paid = collect(biller, invoice)

    [payment] = biller.payments(invoice)
    assert (paid.status, payment.status, payment.payment_intent_id) == ("paid", "paid", payment.id)
    assert biller.shop.ledger("assets/receivables") == 0
    assert biller.shop.ledger("income/sales") == 1_000
    assert_books_agree(biller.shop)


def test_the_same_try_twice_charges_once(biller: Biller) -> None:
    _, invoice = owing(biller)

    first = collect(biller, invoice)
    events = biller.shop.events()
    second = collect(biller, invoice)

    assert first.status == second.status == "paid"
    assert biller.shop.events() == events
    assert biller.shop.psp.charges() == 1


def test_an_unknown_outcome_is_inquired_and_never_charged_again(biller: Biller) -> None:
    subscription, invoice = owing(biller)
    biller.shop.psp.fails("error_after_booking")

    collect(biller, invoice)
    assert Invoice.objects.for_merchant(biller.id).get(pk=invoice.pk).status == "open"
    with pytest.raises(InvoicePaymentUnresolved):
        collect(biller, invoice, attempt=None)
    look_until_settled()
    biller.hears_of_payments()

    assert Invoice.objects.for_merchant(biller.id).get(pk=invoice.pk).status == "paid"
    assert biller.fresh(subscription).status == "active"
    assert biller.shop.psp.charges() == 1
    assert_all_decided(biller.shop)
    assert_books_agree(biller.shop)


def test_a_crash_between_the_try_and_its_intent_goes_on_under_the_same_id(biller: Biller) -> None:
    _, invoice = owing(biller)
    begun = InvoicePayment(
        id=new_id(), merchant_id=biller.id, invoice=invoice, ordinal=1, amount_minor=1_000, currency="usd"
    )
    begun.save()

    collect(biller, invoice)

    [payment] = biller.payments(invoice)
    assert (payment.id, payment.status) == (begun.id, "paid")
    assert biller.shop.psp.charges() == 1


def test_news_of_a_payment_twice_is_recorded_once(biller: Biller) -> None:
    _, invoice = owing(biller, "pm_card_chargeCustomerFail")
    collect(biller, invoice)
    [payment] = biller.payments(invoice)
    before = biller.shop.events()

    for _ in range(2):
        record_invoice_payment(merchant_id=biller.id, payment_intent_id=payment.id)

    assert biller.shop.events() == before
    assert Invoice.objects.for_merchant(biller.id).get(pk=invoice.pk).attempt_count == 1


def test_a_failure_makes_it_past_due(biller: Biller) -> None:
    subscription, invoice = owing(biller, "pm_card_chargeCustomerFail")

    collect(biller, invoice)

    assert biller.fresh(subscription).status == "past_due"
    assert "invoice.payment_failed" in biller.shop.events()


def test_without_a_payment_method_the_try_ends_and_nothing_is_sent(biller: Biller) -> None:
    subscription, invoice = owing(biller, None)

    collect(biller, invoice)

    [payment] = biller.payments(invoice)
    assert (payment.status, payment.decline_code) == ("canceled", "payment_method_missing")
    assert payment.payment_intent_id is None
    assert biller.fresh(subscription).status == "past_due"
    assert biller.shop.psp.charges() == 0


def test_a_paid_invoice_is_not_paid_again(biller: Biller) -> None:
    _, invoice = owing(biller)
    collect(biller, invoice)
    before = biller.footprint()

    with pytest.raises(InvoiceUnexpectedState):
        collect(biller, invoice, attempt=None)

    assert biller.footprint() == before


def test_a_payment_that_is_no_invoices_is_left_alone(biller: Biller) -> None:
    intent = biller.shop.pays(500)
    before = biller.footprint()

    assert record_invoice_payment(merchant_id=biller.id, payment_intent_id=intent.id) is None

    assert biller.footprint() == before
