"""A debit that paid an invoice and that the bank took back: it is owed again, and the tries begin."""

from __future__ import annotations

import pytest

from foundation.money import Money
from ledger.queries.verify import verify_books
from subscriptions.models import DunningRun, Invoice
from subscriptions.operations.collect_invoice import collect_invoice
from subscriptions.operations.pay_invoice import pay_invoice
from tests.factories.billing import Biller
from tests.factories.books import assert_all_decided, assert_books_agree
from tests.factories.later import DAY_SECONDS, look_after
from tests.factories.psp_news import tell, told

ANSWERED, CAME_BACK = 4 * DAY_SECONDS + 60, 10 * DAY_SECONDS


def debited(biller: Biller) -> Invoice:
    """The first invoice of an active subscription, paid by a debit that will come back."""
    customer = biller.customer("pm_usBankAccount_returned")
    subscription = biller.subscribes(customer, collection_method="send_invoice", days_until_due=30)
    [invoice] = biller.invoices(subscription)
    collect_invoice(merchant_id=biller.id, invoice_id=invoice.id, attempt=1, in_background=False)
    is_answered(biller)
    return fresh(biller, invoice)


def is_answered(biller: Biller) -> None:
    biller.shop.psp.time_passes(seconds=ANSWERED)
    look_after(ANSWERED)
    biller.hears_of_payments()


def comes_back(biller: Biller) -> None:
    """At the bank, which the PSP tells us; billing has not heard of it."""
    biller.shop.psp.time_passes(seconds=CAME_BACK - ANSWERED)
    tell(biller.shop, *told(biller.shop, "charge.failed", "payment_intent.payment_failed"))
    look_after(6)


def fresh(biller: Biller, invoice: Invoice) -> Invoice:
    return Invoice.objects.for_merchant(biller.id).get(pk=invoice.pk)


def test_it_is_open_again_by_what_came_back(biller: Biller) -> None:
    invoice = debited(biller)
    assert invoice.status == "paid"

    comes_back(biller)
    biller.hears_of_payments()

    after = fresh(biller, invoice)
    assert (after.status, after.amount_remaining) == ("open", Money(1_000, "usd"))
    assert [payment.status for payment in biller.payments(invoice)] == ["returned"]
    assert biller.shop.ledger("assets/receivables") == 1_000
    assert_all_decided(biller.shop)
    assert_books_agree(biller.shop)


def test_before_its_news_is_heard_the_books_already_agree(biller: Biller) -> None:
    invoice = debited(biller)

    comes_back(biller)

    assert fresh(biller, invoice).status == "paid"
    assert verify_books(biller.id).differences == []


def test_it_can_be_paid_anew(biller: Biller) -> None:
    invoice = debited(biller)
    comes_back(biller)
    biller.hears_of_payments()

    pay_invoice(merchant_id=biller.id, invoice_id=invoice.id, is_out_of_band=True)

    assert fresh(biller, invoice).status == "paid"
    assert [payment.status for payment in biller.payments(invoice)] == ["returned", "paid"]
    assert verify_books(biller.id).differences == []


@pytest.mark.parametrize("times", [1, 3])
def test_its_news_twice_reopens_it_once_and_begins_one_schedule(biller: Biller, times: int) -> None:
    customer = biller.customer("pm_usBankAccount_returned")
    subscription = biller.subscribes(customer)
    is_answered(biller)
    [invoice] = biller.invoices(subscription)
    assert invoice.status == "paid"

    comes_back(biller)
    for _ in range(times):
        biller.hears_of_payments()

    run = DunningRun.objects.for_merchant(biller.id).get(invoice=invoice)
    assert (run.status, run.tries_used) == ("running", 1)
    assert biller.fresh(subscription).status == "past_due"
    assert fresh(biller, invoice).attempt_count == 2
    assert_books_agree(biller.shop)
