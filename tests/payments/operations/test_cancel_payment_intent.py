"""Canceling: the six standing tests of giving an authorization back, and of giving up what was never sent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from foundation.errors import ResourceMissing
from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from payments.errors import EarlierOperationUnresolved, UnexpectedState
from payments.models import AttemptStatus, IntentStatus, PspCall
from payments.operations.cancel_payment_intent import cancel_payment_intent
from payments.operations.request_cancel import request_cancel
from payments.operations.request_capture import request_capture
from payments.psp.registry import connector_for
from payments.queries.psp_orders import credentials_of, void_request
from tests.factories.books import assert_all_decided, assert_books_agree
from tests.factories.later import look_after
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop, open_shop


def voids(shop: Shop) -> int:
    return PspCall.objects.for_merchant(shop.id).filter(operation="void").count()


# --- Success


def test_canceled_authorization_is_voided_and_the_hold_released(shop: Shop) -> None:
    intent = shop.authorizes(10_00)

    canceled = cancel_payment_intent(
        merchant_id=shop.id, payment_intent_id=intent.id, reason="requested_by_customer"
    )

    assert (canceled.status, canceled.cancellation_reason) == (IntentStatus.CANCELED, "requested_by_customer")
    assert canceled.canceled_at is not None
    assert shop.attempt(intent).status == AttemptStatus.VOIDED
    assert shop.balances() == {}
    assert shop.events()[-1] == "payment_intent.canceled"
    assert shop.psp.books() == {}
    assert_books_agree(shop)


@pytest.mark.parametrize("token", [None, "pm_card_visa", "pm_card_chargeDeclined"])
def test_payment_that_holds_nothing_is_canceled_without_asking_the_psp(shop: Shop, token: str | None) -> None:
    intent = shop.pays(token=token) if token == "pm_card_chargeDeclined" else shop.intent(token=token)

    canceled = shop.cancels(intent)

    assert (canceled.status, voids(shop)) == (IntentStatus.CANCELED, 0)
    assert shop.events()[-1] == "payment_intent.canceled"


def test_payment_that_waits_for_the_customer_is_canceled_at_the_psp_too(shop: Shop) -> None:
    intent = shop.pays(token="pm_card_authenticationRequired")
    url = intent.next_action["redirect_to_url"]["url"]

    canceled = shop.cancels(intent)

    assert (canceled.status, canceled.next_action) == (IntentStatus.CANCELED, None)
    shop.psp.completes_challenge(url)
    look_after(75)
    assert shop.psp.charges() == 0
    assert shop.fresh(intent).status == IntentStatus.CANCELED


def test_background_cancellation_is_sent_by_a_job(shop: Shop) -> None:
    intent = shop.authorizes()

    request_cancel(merchant_id=shop.id, payment_intent_id=intent.id, in_background=True)
    assert voids(shop) == 0
    run_due_jobs()

    assert shop.fresh(intent).status == IntentStatus.CANCELED
    assert_books_agree(shop)


# --- Refusal


def test_paid_payment_cannot_be_canceled(shop: Shop) -> None:
    intent = shop.pays()
    before = shop.footprint()

    with pytest.raises(UnexpectedState):
        shop.cancels(intent)

    assert shop.footprint() == before


def test_partly_captured_payment_cannot_be_canceled(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    shop.captures(intent, 4_00, is_final=False)
    before = shop.footprint()

    with pytest.raises(UnexpectedState):
        shop.cancels(intent)

    assert shop.footprint() == before


def test_authorization_with_an_open_capture_cannot_be_canceled(shop: Shop) -> None:
    intent = shop.authorizes()
    request_capture(merchant_id=shop.id, payment_intent_id=intent.id, capture_id=new_id())
    before = shop.footprint()

    with pytest.raises(EarlierOperationUnresolved):
        shop.cancels(intent)

    assert shop.footprint() == before


def test_capture_is_refused_while_a_void_is_open(shop: Shop) -> None:
    intent = shop.authorizes()
    request_cancel(merchant_id=shop.id, payment_intent_id=intent.id)
    before = shop.footprint()

    with pytest.raises(EarlierOperationUnresolved):
        shop.captures(intent)

    assert shop.footprint() == before


def test_another_merchant_cannot_cancel(shop: Shop, sandbox: Any) -> None:
    other = open_shop(ScriptedPsp(sandbox, key=f"sk_test_{new_id().hex}"), name="Coffee shop")
    intent = shop.authorizes()
    before = shop.footprint()

    with pytest.raises(ResourceMissing):
        other.cancels(intent)

    assert shop.footprint() == before


# --- The same request twice


def test_cancel_twice_voids_once_and_the_second_is_told_that_it_is_over(shop: Shop) -> None:
    intent = shop.authorizes()
    shop.cancels(intent)
    before = shop.footprint()

    with pytest.raises(UnexpectedState):
        shop.cancels(intent)

    assert shop.footprint() == before


def test_void_that_is_asked_for_already_is_not_asked_for_twice(shop: Shop) -> None:
    intent = shop.authorizes()
    for _ in range(2):
        request_cancel(merchant_id=shop.id, payment_intent_id=intent.id, in_background=True)

    run_due_jobs()

    assert voids(shop) == 1
    assert shop.fresh(intent).status == IntentStatus.CANCELED


# --- Outcome unknown


@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("timeout_after_booking", {"seconds": 2}),
        ("timeout_before_booking", {"seconds": 2}),
        ("error_after_booking", {}),
        ("error_before_booking", {}),
        ("reset_after_booking", {}),
        ("reset_before_booking", {}),
        ("garbage_after_booking", {}),
    ],
)
def test_lost_answer_to_a_void_is_asked_about_until_the_hold_is_gone_everywhere(
    quick_shop: Shop, fault: str, options: Any
) -> None:
    intent = quick_shop.authorizes(10_00)
    quick_shop.psp.fails(fault, operation="void", **options)

    waiting = quick_shop.cancels(intent)
    assert waiting.status == IntentStatus.REQUIRES_CAPTURE
    assert quick_shop.ledger("memo/authorized") == 10_00
    look_after(61)

    assert quick_shop.fresh(intent).status == IntentStatus.CANCELED
    assert quick_shop.balances() == {}
    assert quick_shop.psp.books() == {}
    assert_all_decided(quick_shop)


def test_void_that_the_psp_turned_away_at_the_door_is_sent_again(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    shop.psp.fails("status_429", operation="void")

    waiting = shop.cancels(intent)
    assert waiting.status == IntentStatus.REQUIRES_CAPTURE
    with pytest.raises(EarlierOperationUnresolved):
        shop.captures(intent)
    look_after(11)

    assert shop.fresh(intent).status == IntentStatus.CANCELED
    assert_books_agree(shop)


def test_void_that_never_reached_the_psp_is_sent_again_once_it_is_back(
    shop: Shop, unreachable: Callable[[bool], None]
) -> None:
    intent = shop.authorizes(10_00)
    unreachable(True)
    shop.cancels(intent)
    look_after(11)
    assert shop.fresh(intent).status == IntentStatus.REQUIRES_CAPTURE
    unreachable(False)

    look_after(61)

    assert shop.fresh(intent).status == IntentStatus.CANCELED
    assert_books_agree(shop)


# --- Crash between the two transactions


def test_crash_before_the_void_is_sent_is_taken_up_by_the_sweep(shop: Shop) -> None:
    intent = shop.authorizes()
    request_cancel(merchant_id=shop.id, payment_intent_id=intent.id)

    look_after(61)

    assert shop.fresh(intent).status == IntentStatus.CANCELED
    assert_books_agree(shop)


def test_crash_after_the_void_was_sent_is_found(shop: Shop) -> None:
    intent = shop.authorizes()
    request_cancel(merchant_id=shop.id, payment_intent_id=intent.id)
    attempt = shop.attempt(intent)
    connector_for("stripe").void(credentials_of(attempt.psp_account), void_request(attempt))

    look_after(61)

    assert shop.fresh(intent).status == IntentStatus.CANCELED
    assert voids(shop) == 0
    assert_books_agree(shop)


# --- Captured meanwhile, by somebody else


def test_void_that_meets_a_capture_of_somebody_else_asks_a_person_once(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    capture_at_the_psp(shop, intent)

    with pytest.raises(UnexpectedState):
        shop.cancels(intent)
    look_after(61)
    look_after(200)

    assert [(kind, about) for kind, about, _ in shop.cases()] == [("contradiction", "attempt")]
    assert shop.attempt(intent).next_check_at is None
    assert shop.ledger("income/sales") == 0


def capture_at_the_psp(shop: Shop, intent: Any) -> None:
    """Somebody presses Capture in the PSP's own dashboard."""
    client = stripe.StripeClient(shop.psp.key, base_addresses={"api": shop.psp.base_url})
    client.v1.payment_intents.capture(shop.attempt(intent).psp_reference)
