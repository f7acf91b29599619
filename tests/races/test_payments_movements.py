"""Two at once, with real threads, connections and commits: the PSP's books show one movement."""

from __future__ import annotations

from typing import Any

import pytest

from foundation.errors import DomainError
from foundation.ids import new_id
from foundation.money import Money
from payments.models import AttemptStatus, Capture, IntentStatus, PaymentIntent, Refund, RefundStatus
from payments.operations.cancel_payment_intent import cancel_payment_intent
from payments.operations.capture_payment import capture_payment
from payments.operations.confirm_payment_intent import confirm_payment_intent
from payments.operations.execute_attempt import execute_attempt
from payments.operations.execute_refund import execute_refund
from payments.operations.refund_payment import refund_payment
from payments.operations.request_refund import request_refund
from payments.operations.resolve_unknown import resolve_unknown
from tests.factories.books import assert_books_agree, statuses_of_attempts
from tests.factories.later import later, look_until_settled
from tests.factories.shop import Shop
from tests.races.together import together

pytestmark = pytest.mark.django_db(transaction=True)
AT_ONCE = 4


@pytest.fixture
def shop(transactional_db: None, shop: Shop) -> Shop:
    """The shop, its rows committed."""
    return shop


def refusals(answers: list[Any]) -> list[str]:
    """Codes of the refusals; anything else that was raised is a failure of the test."""
    for answer in answers:
        if isinstance(answer, Exception) and not isinstance(answer, DomainError):
            raise answer
    return sorted(answer.code for answer in answers if isinstance(answer, DomainError))


def test_confirms_at_once_charge_once(shop: Shop) -> None:
    intent = shop.intent()

    answers = together(
        [
            lambda: confirm_payment_intent(
                merchant_id=shop.id, payment_intent_id=intent.id, attempt_id=new_id()
            )
        ]
        * AT_ONCE
    )

    assert refusals(answers) == ["payment_intent_unexpected_state"] * (AT_ONCE - 1)
    assert statuses_of_attempts(shop) == [AttemptStatus.SUCCEEDED]
    assert shop.psp.charges() == 1
    assert_books_agree(shop)


def test_one_attempt_taken_up_by_several_workers_is_sent_once(shop: Shop) -> None:
    intent = shop.intent()
    confirm_payment_intent(
        merchant_id=shop.id, payment_intent_id=intent.id, attempt_id=new_id(), in_background=True
    )
    attempt = shop.attempt(intent)

    answers = together([lambda: execute_attempt(merchant_id=shop.id, attempt_id=attempt.id)] * AT_ONCE)

    assert refusals(answers) == []
    assert shop.psp.charges() == 1
    assert_books_agree(shop)


def test_captures_at_once_take_the_money_once(shop: Shop) -> None:
    intent = shop.authorizes(10_00)

    answers = together([lambda: shop.captures(intent)] * AT_ONCE)

    assert len(refusals(answers)) == AT_ONCE - 1
    assert Capture.objects.for_merchant(shop.id).count() == 1
    assert shop.psp.charges() == 1
    assert_books_agree(shop)


def test_one_capture_asked_for_twice_at_once_is_one_movement(shop: Shop) -> None:
    intent, capture_id = shop.authorizes(10_00), new_id()

    answers = together(
        [
            lambda: capture_payment(
                merchant_id=shop.id,
                payment_intent_id=intent.id,
                capture_id=capture_id,
                amount=Money(6_00, "usd"),
            )
        ]
        * 2
    )

    assert refusals(answers) == []
    assert shop.psp.charges() == 1
    assert shop.fresh(intent).amount_received_minor == 6_00
    assert_books_agree(shop)


def test_capture_and_cancel_at_once_end_in_one_of_the_two(shop: Shop) -> None:
    intent = shop.authorizes(10_00)

    answers = together([lambda: shop.captures(intent), lambda: shop.cancels(intent)])

    assert len(refusals(answers)) == 1
    assert shop.fresh(intent).status in (IntentStatus.SUCCEEDED, IntentStatus.CANCELED)
    assert_books_agree(shop)


def test_cancels_at_once_void_the_authorization_and_nothing_breaks(shop: Shop) -> None:
    intent = shop.authorizes(10_00)

    answers = together(
        [lambda: cancel_payment_intent(merchant_id=shop.id, payment_intent_id=intent.id)] * AT_ONCE
    )

    assert set(refusals(answers)) <= {"payment_intent_unexpected_state"}
    assert shop.fresh(intent).status == IntentStatus.CANCELED
    assert shop.events().count("payment_intent.canceled") == 1
    assert_books_agree(shop)


def test_refunds_at_once_never_give_back_more_than_was_taken(shop: Shop) -> None:
    intent = shop.pays(10_00)

    answers = together([lambda: shop.gives_back(intent, 4_00)] * AT_ONCE)

    assert refusals(answers) == ["refund_exceeds_captured"] * 2
    assert shop.psp.refunds() == 2
    assert shop.attempt(intent).amount_refunded_minor == 8_00
    assert_books_agree(shop)


def test_one_refund_asked_for_twice_at_once_is_one_movement(shop: Shop) -> None:
    intent, refund_id = shop.pays(10_00), new_id()

    answers = together(
        [
            lambda: refund_payment(
                merchant_id=shop.id,
                payment_intent_id=intent.id,
                refund_id=refund_id,
                amount=Money(4_00, "usd"),
            )
        ]
        * 2
    )

    assert refusals(answers) == []
    assert shop.psp.refunds() == 1
    assert Refund.objects.for_merchant(shop.id).count() == 1
    assert_books_agree(shop)


def test_one_refund_taken_up_by_several_workers_is_sent_once(shop: Shop) -> None:
    intent = shop.pays(10_00)
    refund = request_refund(merchant_id=shop.id, payment_intent_id=intent.id, refund_id=new_id())

    answers = together([lambda: execute_refund(merchant_id=shop.id, refund_id=refund.id)] * AT_ONCE)

    assert refusals(answers) == []
    assert shop.psp.refunds() == 1
    assert shop.fresh(refund).status == RefundStatus.SUCCEEDED
    assert_books_agree(shop)


def test_looks_at_once_at_one_unknown_charge_book_it_once(shop: Shop) -> None:
    shop.psp.fails("error_after_booking")
    intent = shop.pays(10_00)
    attempt = shop.attempt(intent)

    with later(11):
        answers = together(
            [lambda: resolve_unknown(merchant_id=shop.id, kind="attempt", subject_id=attempt.id)] * AT_ONCE
        )

    assert refusals(answers) == []
    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert Capture.objects.for_merchant(shop.id).count() == 1
    assert shop.events().count("payment_intent.succeeded") == 1
    assert_books_agree(shop)


def test_everything_at_once_on_one_payment_leaves_books_that_agree(shop: Shop) -> None:
    intent = shop.authorizes(10_00)

    answers = together(
        [
            lambda: shop.captures(intent, 3_00, is_final=False),
            lambda: shop.captures(intent),
            lambda: shop.cancels(intent),
            lambda: shop.gives_back(intent),
        ]
    )
    look_until_settled()

    refusals(answers)
    assert PaymentIntent.objects.for_merchant(shop.id).count() == 1
    assert_books_agree(shop)
