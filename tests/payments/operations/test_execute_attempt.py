"""Sending an attempt: an outcome that is unknown, and a crash between the two transactions."""

from __future__ import annotations

from typing import Any

import pytest

from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from foundation.money import Money
from payments.models import AttemptStatus, IntentStatus, PaymentAttempt, PspCall
from payments.operations.confirm_payment_intent import confirm_payment_intent
from payments.operations.create_payment_intent import create_payment_intent
from payments.psp.registry import connector_for
from tests.factories.books import assert_all_decided, assert_books_agree, statuses_of_attempts
from tests.factories.later import look_after, look_until_settled
from tests.factories.shop import Shop


def confirm(shop: Shop, intent: Any, **given: Any) -> Any:
    arguments = {"merchant_id": shop.id, "payment_intent_id": intent.id, "attempt_id": new_id()} | given
    return confirm_payment_intent(**arguments)


# --- Outcome unknown

BOOKED = ["timeout_after_booking", "error_after_booking", "reset_after_booking", "garbage_after_booking"]
UNBOOKED = ["timeout_before_booking", "error_before_booking", "reset_before_booking"]
SILENCES = {"timeout_after_booking", "timeout_before_booking"}


def options_of(fault: str) -> dict[str, int]:
    return {"seconds": 2} if fault in SILENCES else {}


@pytest.mark.parametrize("fault", BOOKED)
def test_lost_answer_is_unknown_and_the_first_look_finds_the_one_charge(quick_shop: Shop, fault: str) -> None:
    quick_shop.psp.fails(fault, **options_of(fault))

    intent = quick_shop.pays(10_00)
    attempt = quick_shop.attempt(intent)
    assert (intent.status, attempt.status) == (IntentStatus.PROCESSING, AttemptStatus.UNKNOWN)
    assert quick_shop.balances() == {}
    look_after(11)

    assert quick_shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert quick_shop.psp.charges() == 1
    assert_books_agree(quick_shop)
    assert_all_decided(quick_shop)
    assert quick_shop.events() == [
        "payment_intent.created",
        "payment_intent.processing",
        "payment_intent.succeeded",
        "charge.succeeded",
    ]


@pytest.mark.parametrize("fault", UNBOOKED)
def test_absence_is_no_proof_before_the_report_delay_and_releases_the_payment_after_it(
    quick_shop: Shop, fault: str
) -> None:
    quick_shop.psp.fails(fault, **options_of(fault))

    intent = quick_shop.pays(10_00)
    for seconds in (11, 31, 55):
        look_after(seconds)
        assert quick_shop.fresh(intent).status == IntentStatus.PROCESSING
    look_after(63)

    assert statuses_of_attempts(quick_shop) == [AttemptStatus.NOT_SENT]
    released = quick_shop.fresh(intent)
    assert released.status == IntentStatus.REQUIRES_CONFIRMATION
    assert released.last_payment_error["code"] == "psp_unavailable"
    assert quick_shop.psp.charges() == 0

    paid = confirm(quick_shop, intent)

    assert paid.status == IntentStatus.SUCCEEDED
    assert quick_shop.psp.charges() == 1
    assert_books_agree(quick_shop)


@pytest.mark.parametrize("fault", ["timeout_after_booking", "error_after_booking"])
def test_unknown_authorization_is_found_and_held(quick_shop: Shop, fault: str) -> None:
    quick_shop.psp.fails(fault, **options_of(fault))

    intent = quick_shop.authorizes(10_00)
    assert intent.status == IntentStatus.PROCESSING
    look_after(11)

    assert quick_shop.fresh(intent).status == IntentStatus.REQUIRES_CAPTURE
    assert_books_agree(quick_shop)


def test_lost_answer_to_a_decline_is_found_as_a_decline(shop: Shop) -> None:
    shop.psp.fails("error_after_booking")

    intent = shop.pays(token="pm_card_chargeDeclinedInsufficientFunds")
    assert intent.status == IntentStatus.PROCESSING
    look_after(11)

    attempt = shop.attempt(intent)
    assert (attempt.status, attempt.decline_code) == (AttemptStatus.DECLINED, "insufficient_funds")


def test_nothing_else_may_move_a_payment_whose_outcome_is_unknown(shop: Shop) -> None:
    shop.psp.fails("error_after_booking")
    intent = shop.pays()
    before = shop.footprint()

    for act in (lambda: confirm(shop, intent), lambda: shop.captures(intent), lambda: shop.gives_back(intent),
                lambda: shop.cancels(intent)):  # fmt: skip
        with pytest.raises(Exception) as refusal:
            act()
        assert refusal.value.code in ("earlier_operation_unresolved", "payment_intent_unexpected_state")  # type: ignore[attr-defined]

    assert shop.footprint() == before


def test_psp_that_turns_us_away_at_the_door_booked_nothing_and_says_nothing_of_the_card(shop: Shop) -> None:
    shop.psp.fails("status_429")

    intent = shop.pays()

    assert statuses_of_attempts(shop) == [AttemptStatus.NOT_SENT]
    assert intent.status == IntentStatus.REQUIRES_CONFIRMATION
    assert intent.payment_method_id is not None
    assert shop.psp.charges() == 0
    assert shop.balances() == {}
    assert confirm(shop, intent).status == IntentStatus.SUCCEEDED
    assert_books_agree(shop)


# --- Crash between the two transactions


def opened(shop: Shop) -> Any:
    """The first transaction only: the attempt and its key are on disk."""
    created = create_payment_intent(
        merchant_id=shop.id,
        payment_intent_id=new_id(),
        amount=Money(10_00, "usd"),
        payment_method_id=shop.method().id,
        confirm=True,
    )
    assert created.order is not None
    return created


def test_crash_before_the_call_charges_nothing_and_frees_the_payment(shop: Shop) -> None:
    intent = opened(shop).intent

    look_until_settled()

    assert statuses_of_attempts(shop) == [AttemptStatus.NOT_SENT]
    assert shop.fresh(intent).status == IntentStatus.REQUIRES_CONFIRMATION
    assert shop.psp.charges() == 0
    assert_books_agree(shop)


def test_crash_after_the_call_is_found_by_our_key_and_charged_once(shop: Shop) -> None:
    created = opened(shop)
    connector_for("stripe").authorize(created.order.credentials, created.order.request)
    assert shop.attempt(created.intent).status == AttemptStatus.SUBMITTING

    look_after(61)

    assert shop.fresh(created.intent).status == IntentStatus.SUCCEEDED
    assert shop.psp.charges() == 1
    assert_books_agree(shop)
    calls = PspCall.objects.for_merchant(shop.id).filter(subject_kind="attempt")
    assert list(calls.values_list("operation", flat=True)) == ["inquire"]


def test_worker_that_died_after_taking_up_the_attempt_is_replaced_by_the_sweep(shop: Shop) -> None:
    intent = shop.intent()
    confirm(shop, intent, in_background=True)
    attempt = PaymentAttempt.objects.for_merchant(shop.id).get()
    attempt.submit()
    attempt.submitted_at = attempt.created_at
    attempt.save()
    run_due_jobs()
    assert shop.psp.charges() == 0

    look_until_settled()

    assert shop.fresh(intent).status == IntentStatus.REQUIRES_CONFIRMATION
    assert shop.psp.charges() == 0
