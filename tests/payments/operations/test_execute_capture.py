"""Sending a capture: an outcome that is unknown, a crash between the transactions, and what the PSP moved instead."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from foundation.ids import new_id
from foundation.money import Money
from payments.errors import EarlierOperationUnresolved
from payments.models import CaptureStatus, IntentStatus
from payments.operations.capture_payment import capture_payment
from payments.operations.execute_capture import execute_capture
from payments.operations.request_capture import request_capture
from payments.psp.registry import connector_for
from payments.queries.payment_intents import get_capture
from payments.queries.psp_orders import capture_request, credentials_of
from tests.factories.books import assert_all_decided, assert_books_agree
from tests.factories.later import look_after
from tests.factories.shop import Shop


def order(shop: Shop, intent: Any, amount: int | None = None, **given: Any) -> dict[str, Any]:
    return {
        "merchant_id": shop.id,
        "payment_intent_id": intent.id,
        "capture_id": new_id(),
        "amount": None if amount is None else Money(amount, "usd"),
    } | given


# --- Outcome unknown


@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("timeout_after_booking", {"seconds": 2}),
        ("error_after_booking", {}),
        ("reset_after_booking", {}),
        ("garbage_after_booking", {}),
        ("garbage_after_booking", {"undecodable": 1}),
    ],
)
def test_lost_answer_to_a_capture_is_unknown_and_found(quick_shop: Shop, fault: str, options: Any) -> None:
    intent = quick_shop.authorizes(10_00)
    quick_shop.psp.fails(fault, operation="capture", **options)

    capture = quick_shop.captures(intent, 8_00)
    assert capture.status == CaptureStatus.UNKNOWN
    assert quick_shop.fresh(intent).status == IntentStatus.REQUIRES_CAPTURE
    assert quick_shop.ledger("income/sales") == 0
    look_after(11)

    assert quick_shop.fresh(capture).status == CaptureStatus.SUCCEEDED
    assert quick_shop.fresh(intent).amount_received_minor == 8_00
    assert quick_shop.psp.charges() == 1
    assert_books_agree(quick_shop)
    assert_all_decided(quick_shop)


def test_second_capture_with_a_lost_answer_is_told_from_the_first(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    shop.captures(intent, 2_00, is_final=False)
    shop.psp.fails("error_after_booking", operation="capture")

    capture = shop.captures(intent, 3_00, is_final=False)
    look_after(11)

    assert (shop.fresh(capture).status, shop.fresh(capture).fee_minor) == (CaptureStatus.SUCCEEDED, 39)
    assert shop.fresh(intent).amount_received_minor == 5_00
    assert_books_agree(shop)


@pytest.mark.parametrize("fault", ["error_before_booking", "reset_before_booking"])
def test_capture_that_never_was_fails_only_after_the_report_delay_and_can_be_asked_for_again(
    shop: Shop, fault: str
) -> None:
    intent = shop.authorizes(10_00)
    shop.psp.fails(fault, operation="capture")

    capture = shop.captures(intent)
    look_after(31)
    assert shop.fresh(capture).status == CaptureStatus.UNKNOWN
    with pytest.raises(EarlierOperationUnresolved):
        shop.captures(intent)
    look_after(63)
    assert shop.fresh(capture).status == CaptureStatus.FAILED

    shop.captures(intent)

    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert shop.psp.charges() == 1
    assert_books_agree(shop)


def test_capture_that_the_psp_turned_away_leaves_the_authorization_as_it_was(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    shop.psp.fails("status_429", operation="capture")

    capture = shop.captures(intent)

    assert (capture.status, capture.failure_code) == (CaptureStatus.FAILED, "not_sent")
    assert shop.fresh(intent).amount_capturable_minor == 10_00
    assert_books_agree(shop)


def test_capture_that_never_reached_the_psp_fails_and_the_same_one_can_be_tried_again(
    shop: Shop, unreachable: Callable[[bool], None]
) -> None:
    intent = shop.authorizes(10_00)
    same = order(shop, intent, 6_00)
    unreachable(True)
    away = [capture_payment(**same) for _ in range(2)]
    assert {(capture.status, capture.failure_code) for capture in away} == {
        (CaptureStatus.FAILED, "not_sent")
    }
    unreachable(False)

    back = capture_payment(**same)

    assert (back.id, back.status) == (away[0].id, CaptureStatus.SUCCEEDED)
    assert capture_payment(**same).status == CaptureStatus.SUCCEEDED
    assert shop.psp.charges() == 1
    assert_books_agree(shop)


# --- Crash between the two transactions


def test_crash_before_the_call_is_taken_up_by_the_sweep_and_captured_once(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    request_capture(**order(shop, intent))

    look_after(61)

    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert shop.psp.charges() == 1
    assert_books_agree(shop)


def test_crash_after_the_call_is_found_and_booked_once(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    promised = request_capture(**order(shop, intent, 9_00))
    capture = get_capture(merchant_id=shop.id, capture_id=promised.id)
    capture.submit()
    capture.submitted_at = capture.created_at
    capture.save()
    attempt = capture.attempt
    connector_for("stripe").capture(credentials_of(attempt.psp_account), capture_request(capture, attempt))

    execute_capture(merchant_id=shop.id, capture_id=capture.id)
    look_after(61)

    assert shop.fresh(capture).status == CaptureStatus.SUCCEEDED
    assert shop.psp.charges() == 1
    assert_books_agree(shop)


# --- What the PSP moved, not what was asked for


@pytest.mark.parametrize("delta", [-1, -250])
def test_capture_of_another_amount_is_booked_as_moved_and_put_before_a_person(shop: Shop, delta: int) -> None:
    intent = shop.authorizes(10_00)
    shop.psp.fails("wrong_amount", operation="capture", delta=delta)

    capture = shop.captures(intent, 8_00)

    assert (capture.status, capture.amount_minor) == (CaptureStatus.SUCCEEDED, 8_00 + delta)
    [(kind, about, evidence)] = shop.cases()
    assert (kind, about) == ("amount_differs", "capture")
    assert evidence["asked"] == str(Money(8_00, "usd"))
    assert_books_agree(shop)


def test_capture_that_is_answered_late_but_in_time_needs_no_look(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    shop.psp.fails("answer_late", operation="capture", seconds=0.3)

    capture = shop.captures(intent)

    assert (capture.status, capture.next_check_at) == (CaptureStatus.SUCCEEDED, None)


# --- Fees that come later


def test_fee_that_was_missing_is_asked_for_and_booked_by_itself(shop: Shop) -> None:
    from payments.operations.record_capture_outcome import record_capture_outcome
    from payments.psp.outcomes import Succeeded

    intent = shop.authorizes(10_00)
    capture = request_capture(**order(shop, intent, 4_00, is_final=False))
    attempt = shop.attempt(intent)
    connector_for("stripe").capture(credentials_of(attempt.psp_account), capture_request(capture, attempt))
    silent = Succeeded(
        psp_reference=attempt.psp_reference,
        psp_charge_reference=attempt.psp_charge_reference,
        amount=Money(4_00, "usd"),
        captured=Money(4_00, "usd"),
    )
    record_capture_outcome(merchant_id=shop.id, capture_id=capture.id, outcome=silent, call=None)
    assert shop.ledger("expenses/psp_fees") == 0
    assert shop.fresh(capture).fee_minor is None

    look_after(11)

    assert shop.fresh(capture).fee_minor == 42
    assert shop.fresh(capture).next_check_at is None
    assert shop.attempt(intent).fee_minor == 42
    assert_books_agree(shop)
    assert_all_decided(shop)
