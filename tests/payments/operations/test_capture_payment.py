"""Capturing: the six standing tests, partial and several captures, and the expiry of what was not captured."""

from __future__ import annotations

from typing import Any

import pytest

from foundation.errors import ResourceMissing
from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from foundation.money import Money
from payments.errors import CaptureExceedsAuthorized, EarlierOperationUnresolved, UnexpectedState
from payments.models import AttemptStatus, Capture, CaptureStatus, IntentStatus
from payments.operations.capture_payment import capture_payment
from payments.operations.execute_capture import execute_capture
from payments.operations.request_capture import request_capture
from payments.psp.registry import connector_for
from payments.queries.payment_intents import get_capture
from payments.queries.psp_orders import capture_request, credentials_of
from tests.factories.books import assert_all_decided, assert_books_agree
from tests.factories.later import DAY_SECONDS, look_after, look_until_settled
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop, open_shop


def order(shop: Shop, intent: Any, amount: int | None = None, **given: Any) -> dict[str, Any]:
    return {
        "merchant_id": shop.id,
        "payment_intent_id": intent.id,
        "capture_id": new_id(),
        "amount": None if amount is None else Money(amount, "usd"),
    } | given


# --- Success


def test_capture_in_full_takes_what_was_held(shop: Shop) -> None:
    intent = shop.authorizes(10_00)

    capture = shop.captures(intent)

    attempt, intent = shop.attempt(intent), shop.fresh(intent)
    assert (capture.status, capture.amount_minor, capture.fee_minor) == (CaptureStatus.SUCCEEDED, 10_00, 59)
    assert (intent.status, attempt.status) == (IntentStatus.SUCCEEDED, AttemptStatus.SUCCEEDED)
    assert (intent.amount_received_minor, intent.amount_capturable_minor) == (10_00, 0)
    assert shop.ledger("psp_clearing") == 9_41
    assert shop.ledger("memo/authorized") == 0
    assert shop.events()[3:] == ["charge.captured", "payment_intent.succeeded"]
    assert shop.psp.charges() == 1
    assert_books_agree(shop)


def test_final_capture_of_a_part_releases_the_rest(shop: Shop) -> None:
    intent = shop.authorizes(10_00)

    shop.captures(intent, 7_00)

    intent = shop.fresh(intent)
    assert (intent.status, intent.amount_received_minor, intent.amount_capturable_minor) == (
        IntentStatus.SUCCEEDED,
        7_00,
        0,
    )
    assert shop.ledger("memo/authorized") == 0
    assert_books_agree(shop)


def test_several_captures_take_their_parts_until_the_final_one_releases_the_rest(shop: Shop) -> None:
    intent = shop.authorizes(10_00)

    shop.captures(intent, 2_00, is_final=False)
    first = shop.fresh(intent)
    shop.captures(intent, 3_00, is_final=False)
    second = shop.fresh(intent)
    assert shop.ledger("memo/authorized") == 5_00
    assert_books_agree(shop)
    shop.captures(intent, 1_00)

    last, attempt = shop.fresh(intent), shop.attempt(intent)
    assert [row.status for row in (first, second, last)] == [
        "requires_capture",
        "requires_capture",
        "succeeded",
    ]
    assert [row.amount_capturable_minor for row in (first, second, last)] == [8_00, 5_00, 0]
    assert (last.amount_received_minor, attempt.amount_captured_minor) == (6_00, 6_00)
    assert attempt.fee_minor == 36 + 39 + 33
    assert shop.psp.charges() == 3
    assert_books_agree(shop)


def test_capture_that_takes_the_last_of_it_ends_the_payment_though_not_called_final(shop: Shop) -> None:
    intent = shop.authorizes(10_00)

    shop.captures(intent, 4_00, is_final=False)
    shop.captures(intent, is_final=False)

    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert shop.ledger("memo/authorized") == 0
    assert_books_agree(shop)


def test_background_capture_is_sent_by_a_job(shop: Shop) -> None:
    intent = shop.authorizes(10_00)

    request_capture(**order(shop, intent), in_background=True)
    assert shop.psp.charges() == 0
    run_due_jobs()

    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert_books_agree(shop)


# --- Refusal


@pytest.mark.parametrize("amount", [10_01, 100_00])
def test_capture_beyond_what_is_held_is_refused_and_leaves_no_trace(shop: Shop, amount: int) -> None:
    intent = shop.authorizes(10_00)
    before = shop.footprint()

    with pytest.raises(CaptureExceedsAuthorized) as refusal:
        capture_payment(**order(shop, intent, amount))

    assert refusal.value.param == "amount_to_capture"
    assert shop.footprint() == before


def test_second_capture_beyond_the_rest_is_refused_and_leaves_no_trace(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    shop.captures(intent, 6_00, is_final=False)
    before = shop.footprint()

    with pytest.raises(CaptureExceedsAuthorized):
        shop.captures(intent, 4_01)

    assert shop.footprint() == before


@pytest.mark.parametrize("state", ["unconfirmed", "paid", "declined", "canceled"])
def test_capture_without_an_authorization_is_refused_and_leaves_no_trace(shop: Shop, state: str) -> None:
    intent = {
        "unconfirmed": lambda: shop.intent(),
        "paid": lambda: shop.pays(),
        "declined": lambda: shop.pays(token="pm_card_chargeDeclined"),
        "canceled": lambda: shop.cancels(shop.authorizes()),
    }[state]()
    before = shop.footprint()

    with pytest.raises(UnexpectedState):
        shop.captures(intent)

    assert shop.footprint() == before


def test_capture_while_another_is_open_is_refused_and_leaves_no_trace(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    request_capture(**order(shop, intent, 1_00, is_final=False))
    before = shop.footprint()

    with pytest.raises(EarlierOperationUnresolved):
        shop.captures(intent, 1_00)

    assert shop.footprint() == before


def test_another_merchant_cannot_capture(shop: Shop, sandbox: Any) -> None:
    other = open_shop(ScriptedPsp(sandbox, key=f"sk_test_{new_id().hex}"), name="Coffee shop")
    intent = shop.authorizes()
    before = shop.footprint()

    with pytest.raises(ResourceMissing):
        other.captures(intent)

    assert shop.footprint() == before


# --- The same request twice


def test_same_capture_twice_is_one_movement_and_the_same_answer(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    same = order(shop, intent, 3_00, is_final=False)
    first = capture_payment(**same)
    before = shop.footprint()

    again = capture_payment(**same)

    assert (again.id, again.status, again.amount_minor) == (first.id, CaptureStatus.SUCCEEDED, 3_00)
    assert shop.footprint() == before


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


def test_refused_capture_leaves_the_authorization_as_it_was(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    shop.psp.fails("status_429", operation="capture")

    capture = shop.captures(intent)

    assert (capture.status, capture.failure_code) == (CaptureStatus.FAILED, "psp_rate_limited")
    assert shop.fresh(intent).amount_capturable_minor == 10_00
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


# --- Expiry


def test_authorization_that_nobody_captured_expires_and_the_hold_is_released(shop: Shop) -> None:
    intent = shop.authorizes(10_00)

    look_after(6 * DAY_SECONDS)
    assert shop.fresh(intent).status == IntentStatus.REQUIRES_CAPTURE
    shop.psp.time_passes(seconds=7 * DAY_SECONDS)
    look_after(7 * DAY_SECONDS + 60)

    expired = shop.fresh(intent)
    assert (expired.status, expired.cancellation_reason) == (IntentStatus.CANCELED, "automatic")
    assert shop.attempt(intent).status == AttemptStatus.EXPIRED
    assert expired.amount_capturable_minor == 0
    assert shop.balances() == {}
    assert shop.events()[-2:] == ["payment_intent.canceled", "charge.expired"]
    assert shop.psp.books()["usd"]["authorized_open_minor"] == 0
    assert_books_agree(shop)


def test_authorization_that_the_psp_still_holds_when_its_time_is_over_is_voided(shop: Shop) -> None:
    shop.account.authorization_days = 2
    shop.account.save(update_fields=["authorization_days"])
    intent = shop.authorizes(10_00)

    look_after(2 * DAY_SECONDS + 60)

    assert shop.fresh(intent).status == IntentStatus.CANCELED
    assert shop.attempt(intent).status == AttemptStatus.VOIDED
    assert shop.psp.books()["usd"]["authorized_open_minor"] == 0
    assert_books_agree(shop)


def test_rest_of_a_partly_captured_authorization_is_released_when_its_time_is_over(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    shop.captures(intent, 4_00, is_final=False)

    shop.psp.time_passes(seconds=7 * DAY_SECONDS)
    look_after(7 * DAY_SECONDS + 60)

    intent = shop.fresh(intent)
    assert (intent.status, intent.amount_received_minor) == (IntentStatus.SUCCEEDED, 4_00)
    assert_books_agree(shop)


def test_capture_whose_authorization_expired_meanwhile_fails_and_moves_nothing(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    shop.psp.time_passes(seconds=7 * DAY_SECONDS + 60)

    capture = shop.captures(intent)

    assert capture.status == CaptureStatus.FAILED
    assert Capture.objects.for_merchant(shop.id).count() == 1
    assert shop.ledger("income/sales") == 0
    look_after(7 * DAY_SECONDS + 60)
    assert shop.fresh(intent).status == IntentStatus.CANCELED
    assert_books_agree(shop)


def test_open_capture_outlives_the_expiry_of_its_authorization(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    shop.psp.fails("error_after_booking", operation="capture")
    capture = shop.captures(intent)
    assert capture.status == CaptureStatus.UNKNOWN

    look_after(7 * DAY_SECONDS + 60)
    look_until_settled(until_seconds=7 * DAY_SECONDS + 4_000)

    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert shop.cases() == []
    assert_books_agree(shop)
