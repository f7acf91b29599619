"""Whole lives of payments, told from the first request to books that agree everywhere."""

from __future__ import annotations

import pytest

from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from payments.models import AttemptStatus, IntentStatus, RefundStatus
from payments.operations.attach_payment_method import attach_payment_method
from payments.operations.confirm_payment_intent import confirm_payment_intent
from payments.operations.create_customer import create_customer
from tests.factories.books import assert_all_decided, assert_books_agree, statuses_of_attempts
from tests.factories.later import DAY_SECONDS, look_after, look_until_settled
from tests.factories.psp_news import tell, told
from tests.factories.shop import Shop

ALL_NEWS = (
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.amount_capturable_updated",
    "payment_intent.canceled",
    "charge.expired",
    "refund.updated",
    "refund.failed",
)


@pytest.fixture(autouse=True)
def _books_agree_in_the_end(shop: Shop) -> object:
    yield
    assert_all_decided(shop)
    assert_books_agree(shop)


def test_ordered_shipped_in_two_parcels_and_one_sent_back(shop: Shop) -> None:
    intent = shop.authorizes(100_00, metadata={"order": "581587"})
    shop.captures(intent, 60_00, is_final=False)
    assert_books_agree(shop)
    shop.captures(intent, 30_00)
    refund = shop.gives_back(intent, 25_00)

    paid = shop.fresh(intent)
    assert (paid.status, paid.amount_received_minor) == (IntentStatus.SUCCEEDED, 90_00)
    assert refund.status == RefundStatus.SUCCEEDED
    assert shop.ledger("income/sales") == 90_00
    assert shop.ledger("income/refunds") == 25_00
    assert shop.ledger("expenses/psp_fees") == 204 + 117
    assert shop.ledger("psp_clearing") == 90_00 - 25_00 - 321


def test_declined_twice_then_challenged_then_paid(shop: Shop) -> None:
    intent = shop.pays(20_00, token="pm_card_chargeDeclinedInsufficientFunds")
    for token in ("pm_card_chargeDeclinedExpiredCard", "pm_card_authenticationRequired"):
        intent = confirm_payment_intent(
            merchant_id=shop.id,
            payment_intent_id=intent.id,
            attempt_id=new_id(),
            payment_method_id=shop.method(token).id,
            return_url="https://shop.example.com/done",
        )
    shop.psp.completes_challenge(intent.next_action["redirect_to_url"]["url"])
    tell(shop, *told(shop, *ALL_NEWS))
    run_due_jobs()

    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert statuses_of_attempts(shop) == [
        AttemptStatus.DECLINED,
        AttemptStatus.DECLINED,
        AttemptStatus.SUCCEEDED,
    ]
    assert shop.psp.charges() == 1


def test_card_saved_by_a_customer_and_charged_later_without_them(shop: Shop) -> None:
    customer = create_customer(merchant_id=shop.id, customer_id=new_id(), name="Ada")
    method = shop.method("pm_card_visa")
    attach_payment_method(merchant_id=shop.id, payment_method_id=method.id, customer_id=customer.id)

    for _ in range(3):
        intent = shop.intent(9_00, token=None, customer_id=customer.id)
        confirm_payment_intent(
            merchant_id=shop.id,
            payment_intent_id=intent.id,
            attempt_id=new_id(),
            payment_method_id=method.id,
            off_session=True,
            in_background=True,
        )
    run_due_jobs()

    assert statuses_of_attempts(shop) == [AttemptStatus.SUCCEEDED] * 3
    assert shop.ledger("income/sales") == 27_00


def test_day_on_which_the_psp_answers_nothing_and_books_everything(shop: Shop) -> None:
    shop.psp.fails("error_after_booking", operation="authorize", times=4)
    shop.psp.fails("error_after_booking", operation="capture", times=1)
    shop.psp.fails("error_after_booking", operation="refund", times=1)
    intents = [shop.pays(10_00) for _ in range(3)]
    held = shop.authorizes(30_00)
    assert {intent.status for intent in (*intents, held)} == {IntentStatus.PROCESSING}

    look_after(11)
    shop.captures(held)
    shop.gives_back(intents[0])
    look_after(11)
    look_until_settled()

    assert shop.psp.charges() == 4
    assert shop.psp.refunds() == 1
    assert shop.fresh(held).status == IntentStatus.SUCCEEDED
    assert shop.cases() == []


def test_day_on_which_every_webhook_comes_twice_and_backwards(shop: Shop) -> None:
    shop.psp.fails("error_after_booking", operation="authorize", times=1)
    shop.pays(10_00)
    shop.captures(shop.authorizes(20_00), 15_00)
    shop.gives_back(shop.pays(5_00, token="pm_card_pendingRefund"), 2_00)
    shop.gives_back(shop.pays(6_00, token="pm_card_refundFail"), 3_00)
    shop.authorizes(7_00)
    shop.psp.time_passes(seconds=8 * DAY_SECONDS)
    news = told(shop, *ALL_NEWS)

    for event in (*reversed(news), *reversed(news)):
        tell(shop, event)
        run_due_jobs()
    look_until_settled()

    assert shop.cases() == []
    assert shop.ledger("income/refunds") == 2_00
    assert shop.ledger("memo/authorized") == 0
