"""What people and the clock do to one invoice at the same moment, in real threads: one of them wins, and once."""

from __future__ import annotations

from typing import Any

import pytest

from foundation import clock
from foundation.errors import DomainError
from foundation.ids import new_id
from foundation.money import Money
from subscriptions.models import CreditNote, DunningRun, Invoice, Subscription
from subscriptions.operations.cancel_subscription import cancel_subscription
from subscriptions.operations.collect_invoice import collect_invoice
from subscriptions.operations.create_credit_note import Credited, NotePlan, create_credit_note
from subscriptions.operations.finalize_invoice import finalize_invoice
from subscriptions.operations.follow_dispute import Claim, DisputeNews, follow_dispute
from subscriptions.operations.pay_invoice import pay_invoice
from subscriptions.operations.recognise_revenue import recognise_revenue
from subscriptions.operations.renew_subscription import renew_subscription
from subscriptions.operations.retry_invoice import retry_invoice
from subscriptions.operations.void_invoice import void_invoice
from tests.factories.billing import Biller
from tests.factories.books import assert_books_agree
from tests.factories.later import DAY_SECONDS, later, look_until_settled
from tests.factories.shop import Shop
from tests.races.together import together

pytestmark = pytest.mark.django_db(transaction=True)
DECLINES = "pm_card_chargeCustomerFail"


@pytest.fixture
def biller(transactional_db: None, shop: Shop) -> Biller:
    return Biller(shop)


def refusals(answers: list[Any]) -> list[str]:
    for answer in answers:
        if isinstance(answer, Exception) and not isinstance(answer, DomainError):
            raise answer
    return sorted(answer.code for answer in answers if isinstance(answer, DomainError))


def owing(biller: Biller) -> Invoice:
    subscription = biller.subscribes(collection_method="send_invoice", days_until_due=30)
    return biller.invoices(subscription)[0]


def fresh(biller: Biller, invoice: Invoice) -> Invoice:
    return Invoice.objects.for_merchant(biller.id).get(pk=invoice.pk)


def until_due(biller: Biller, subscription: Subscription) -> float:
    due = biller.fresh(subscription).next_billing_at
    assert due is not None
    return (due - clock.now()).total_seconds() + 1


def settle(biller: Biller) -> None:
    look_until_settled()
    biller.hears_of_payments()


@pytest.mark.parametrize("turn", range(3))
def test_a_payment_and_a_void_never_both_win(biller: Biller, turn: int) -> None:
    invoice = owing(biller)

    answers = together(
        [
            lambda: pay_invoice(merchant_id=biller.id, invoice_id=invoice.id),
            lambda: void_invoice(merchant_id=biller.id, invoice_id=invoice.id),
        ]
    )
    refusals(answers)
    settle(biller)

    after = fresh(biller, invoice)
    assert (after.status, biller.shop.psp.charges()) in (("paid", 1), ("void", 0))
    assert biller.shop.ledger("assets/receivables") == 0
    assert_books_agree(biller.shop)


def test_two_notes_of_one_line_never_exceed_it(biller: Biller) -> None:
    subscription = biller.subscribes()
    [invoice] = biller.invoices(subscription)
    [line] = biller.lines(invoice)

    answers = together(
        [
            lambda: create_credit_note(
                merchant_id=biller.id,
                credit_note_id=new_id(),
                invoice_id=invoice.id,
                credited=[Credited(line.id, 600)],
                plan=NotePlan(refund_minor=600),
            )
        ]
        * 2
    )

    assert refusals(answers) == ["credit_note_exceeds_line"]
    assert CreditNote.objects.for_merchant(biller.id).get().total_minor == 600
    assert biller.shop.psp.refunds() == 1
    assert_books_agree(biller.shop)


def test_a_dunning_try_and_a_persons_charge_once(biller: Biller) -> None:
    customer = biller.customer()
    subscription = biller.subscribes(customer)
    due = until_due(biller, subscription)
    biller.takes_card(customer, DECLINES)
    with later(due):
        draft = renew_subscription(merchant_id=biller.id, subscription_id=subscription.id)
        assert draft is not None
        finalize_invoice(merchant_id=biller.id, invoice_id=draft.id)
        collect_invoice(merchant_id=biller.id, invoice_id=draft.id, attempt=1, in_background=False)
        biller.takes_card(customer, "pm_card_visa")
    run = DunningRun.objects.for_merchant(biller.id).get(invoice=draft)

    with later(due + 2 * DAY_SECONDS + 60):
        answers = together(
            [
                lambda: retry_invoice(merchant_id=biller.id, dunning_run_id=run.id, in_background=False),
                lambda: pay_invoice(merchant_id=biller.id, invoice_id=draft.id),
            ]
        )
        refusals(answers)
        settle(biller)

    assert fresh(biller, draft).status == "paid"
    assert biller.shop.psp.charges() == 2
    assert_books_agree(biller.shop)


def test_a_cancellation_and_a_renewal_bill_the_period_at_most_once(biller: Biller) -> None:
    subscription = biller.subscribes()

    with later(until_due(biller, subscription)):
        answers = together(
            [
                lambda: cancel_subscription(merchant_id=biller.id, subscription_id=subscription.id),
                lambda: renew_subscription(merchant_id=biller.id, subscription_id=subscription.id),
                lambda: renew_subscription(merchant_id=biller.id, subscription_id=subscription.id),
            ]
        )

    assert refusals(answers) == []
    assert biller.fresh(subscription).status == "canceled"
    assert len(biller.invoices(subscription)) <= 2
    assert_books_agree(biller.shop)


def test_parts_paid_at_once_never_exceed_what_remains(biller: Biller) -> None:
    invoice = owing(biller)

    answers = together(
        [
            lambda: pay_invoice(
                merchant_id=biller.id, invoice_id=invoice.id, amount=Money(600, "usd"), is_out_of_band=True
            )
        ]
        * 3
    )

    assert refusals(answers) == ["invoice_payment_exceeds_remaining"] * 2
    assert fresh(biller, invoice).amount_remaining == Money(400, "usd")
    assert_books_agree(biller.shop)


def test_news_of_one_dispute_at_once_reopens_the_invoice_once(biller: Biller) -> None:
    subscription = biller.subscribes()
    [invoice] = biller.invoices(subscription)
    [payment] = biller.payments(invoice)
    dispute_id = new_id()

    answers = together(
        [
            lambda position=position: follow_dispute(  # type: ignore[misc]
                merchant_id=biller.id,
                news=DisputeNews(dispute_id, payment.id, Claim.TAKEN, Money(1_000, "usd"), position),
            )
            for position in range(1, 5)
        ]
    )

    assert refusals(answers) == []
    assert fresh(biller, invoice).amount_remaining == Money(1_000, "usd")
    assert biller.shop.ledger("assets/receivables") == 1_000


def test_two_beats_recognise_each_part_once(biller: Biller) -> None:
    for _ in range(3):
        biller.subscribes(prices=[biller.price(12_000, interval="year")])

    with later(32 * DAY_SECONDS):
        taken = together([recognise_revenue] * 3)

    assert sum(taken) == 3
    assert biller.shop.ledger("income/sales") == 6_000
    assert_books_agree(biller.shop)
