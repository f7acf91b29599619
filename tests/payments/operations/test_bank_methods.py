"""Debits that take days and may come back, and methods for which the customer goes to their bank."""

from __future__ import annotations

import pytest

from payments.models import AttemptStatus, CaptureStatus, IntentStatus, Mandate, PaymentIntent
from tests.factories.books import assert_all_decided, assert_books_agree, statuses_of_attempts
from tests.factories.later import DAY_SECONDS, look_after
from tests.factories.psp_news import tell, told
from tests.factories.shop import Shop

ANSWERED, CAME_BACK = 4 * DAY_SECONDS + 60, 10 * DAY_SECONDS
DEBITS = ["pm_sepaDebit", "pm_usBankAccount"]
REDIRECTS = ["pm_ideal", "pm_upi", "pm_klarna"]


def debits(shop: Shop, family: str, ending: str) -> PaymentIntent:
    return shop.pays(10_00, "eur" if "sepa" in family else "usd", token=f"{family}_{ending}")


@pytest.mark.parametrize("family", DEBITS)
def test_debit_is_processing_for_days_and_then_paid(shop: Shop, family: str) -> None:
    intent = debits(shop, family, "success")
    currency = intent.currency

    assert (intent.status, shop.attempt(intent).status) == (IntentStatus.PROCESSING, AttemptStatus.PENDING)
    assert shop.balances() == {}
    assert shop.events()[-2:] == ["payment_intent.processing", "charge.pending"]
    shop.psp.time_passes(seconds=ANSWERED)
    look_after(ANSWERED)

    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert shop.ledger("income/sales", currency) == 10_00
    assert_all_decided(shop)
    assert_books_agree(shop)


@pytest.mark.parametrize("family", DEBITS)
def test_debit_that_the_bank_refuses_ends_declined_and_moves_nothing(shop: Shop, family: str) -> None:
    intent = debits(shop, family, "failed")

    shop.psp.time_passes(seconds=ANSWERED)
    look_after(ANSWERED)

    fresh = shop.fresh(intent)
    assert fresh.status == IntentStatus.REQUIRES_PAYMENT_METHOD
    assert fresh.last_payment_error["code"] == "insufficient_funds"
    assert statuses_of_attempts(shop) == [AttemptStatus.DECLINED]
    assert shop.balances() == {}
    assert_books_agree(shop)


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize("family", DEBITS)
def test_debit_that_the_bank_takes_back_is_reversed_whatever_the_order_of_the_news(
    shop: Shop, family: str, order: int
) -> None:
    intent = debits(shop, family, "returned")
    shop.psp.time_passes(seconds=ANSWERED)
    look_after(ANSWERED)
    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED

    shop.psp.time_passes(seconds=CAME_BACK - ANSWERED)
    news = told(shop, "charge.failed", "payment_intent.payment_failed")
    assert len(news) == 2
    tell(shop, *news[::order])
    look_after(6)

    fresh = shop.fresh(intent)
    assert fresh.status == IntentStatus.REQUIRES_PAYMENT_METHOD
    assert fresh.last_payment_error["code"] == "debit_not_authorized"
    assert statuses_of_attempts(shop) == [AttemptStatus.RETURNED]
    [capture] = shop.attempt(intent).captures.all()
    assert capture.status == CaptureStatus.RETURNED and capture.return_entry_id is not None
    assert shop.ledger("income/sales", intent.currency) == 0
    assert shop.events()[-2:] == ["payment_intent.payment_failed", "charge.failed"]
    assert shop.cases() == []
    assert_books_agree(shop)


def test_returned_debit_is_returned_once_and_can_be_paid_anew(shop: Shop) -> None:
    intent = debits(shop, "pm_usBankAccount", "returned")
    shop.psp.time_passes(seconds=ANSWERED)
    look_after(ANSWERED)
    shop.psp.time_passes(seconds=CAME_BACK - ANSWERED)
    news = told(shop, "charge.failed", "payment_intent.payment_failed")

    for event in (*news, *reversed(news)):
        tell(shop, event | {"id": f"{event['id']}_again_{news.index(event)}"})
        look_after(6)

    assert shop.events().count("charge.failed") == 1
    assert shop.ledger("psp_clearing") < 0  # the PSP keeps its fee
    from foundation.ids import new_id
    from payments.operations.confirm_payment_intent import confirm_payment_intent

    paid = confirm_payment_intent(
        merchant_id=shop.id,
        payment_intent_id=intent.id,
        attempt_id=new_id(),
        payment_method_id=shop.method().id,
    )
    assert paid.status == IntentStatus.SUCCEEDED
    assert_books_agree(shop)


def test_debit_whose_answer_is_lost_is_asked_for_and_charged_once(shop: Shop) -> None:
    shop.psp.fails("error_after_booking")
    intent = debits(shop, "pm_usBankAccount", "success")
    assert shop.attempt(intent).status == AttemptStatus.UNKNOWN

    look_after(11)
    assert shop.attempt(intent).status == AttemptStatus.PENDING
    shop.psp.time_passes(seconds=ANSWERED)
    look_after(ANSWERED)

    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert shop.psp.charges() == 1
    assert_books_agree(shop)


def test_debit_keeps_its_mandate(shop: Shop) -> None:
    intent = debits(shop, "pm_usBankAccount", "success")

    mandate = Mandate.objects.for_merchant(shop.id).get()

    attempt = shop.attempt(intent)
    assert attempt.mandate_id == mandate.id
    assert mandate.payment_method_id == attempt.payment_method_id
    assert mandate.psp_reference.startswith("mandate_")


@pytest.mark.parametrize("family", REDIRECTS)
def test_customer_is_sent_away_and_has_paid_when_they_approve(shop: Shop, family: str) -> None:
    currency = {"pm_ideal": "eur", "pm_upi": "inr", "pm_klarna": "eur"}[family]
    intent = shop.pays(10_00, currency, token=f"{family}_success")
    action = shop.attempt(intent).next_action
    assert (intent.status, action["type"]) == (IntentStatus.REQUIRES_ACTION, "redirect_to_url")
    assert action["redirect_to_url"]["return_url"] == "https://shop.example.com/done"

    shop.psp.completes_challenge(action["redirect_to_url"]["url"])
    look_after(11)

    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert_books_agree(shop)


@pytest.mark.parametrize("family", REDIRECTS)
def test_customer_who_refuses_or_is_refused_pays_nothing(shop: Shop, family: str) -> None:
    refused = shop.pays(10_00, "eur", token=f"{family}_failed")
    unwilling = shop.pays(10_00, "eur", token=f"{family}_success")

    shop.psp.completes_challenge(shop.attempt(refused).next_action["redirect_to_url"]["url"])
    shop.psp.fails_challenge(shop.attempt(unwilling).next_action["redirect_to_url"]["url"])
    look_after(11)

    for intent in (refused, unwilling):
        assert shop.fresh(intent).status == IntentStatus.REQUIRES_PAYMENT_METHOD
    assert shop.balances() == {}
    assert_books_agree(shop)


def test_debit_that_no_bank_ever_answers_is_put_before_a_person(shop: Shop) -> None:
    intent = debits(shop, "pm_usBankAccount", "success")

    look_after(31 * DAY_SECONDS)

    assert shop.attempt(intent).status == AttemptStatus.PENDING
    assert [(kind, evidence["reason"]) for kind, _, evidence in shop.cases()] == [
        ("in_doubt", "pending_too_long")
    ]
