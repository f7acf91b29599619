"""Capturing: the six standing tests, partial and several captures, and the expiry of what was not captured."""

from __future__ import annotations

from typing import Any

import pytest

from foundation.errors import ResourceMissing
from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from foundation.money import Money
from payments.errors import CaptureExceedsAuthorized, EarlierOperationUnresolved, UnexpectedState
from payments.models import AttemptStatus, CaptureStatus, IntentStatus
from payments.operations.capture_payment import capture_payment
from payments.operations.request_capture import request_capture
from tests.factories.books import assert_books_agree
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
