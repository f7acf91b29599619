"""Authorizations whose time runs out."""

from __future__ import annotations

from typing import Any

from foundation.ids import new_id
from foundation.money import Money
from payments.models import AttemptStatus, Capture, CaptureStatus, IntentStatus
from tests.factories.books import assert_books_agree
from tests.factories.later import DAY_SECONDS, look_after, look_until_settled
from tests.factories.shop import Shop


def order(shop: Shop, intent: Any, amount: int | None = None, **given: Any) -> dict[str, Any]:
    return {
        "merchant_id": shop.id,
        "payment_intent_id": intent.id,
        "capture_id": new_id(),
        "amount": None if amount is None else Money(amount, "usd"),
    } | given


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
    assert shop.psp.books() == {}
    assert_books_agree(shop)


def test_authorization_that_the_psp_still_holds_when_its_time_is_over_is_voided(shop: Shop) -> None:
    shop.account.authorization_days = 2
    shop.account.save(update_fields=["authorization_days"])
    intent = shop.authorizes(10_00)

    look_after(2 * DAY_SECONDS + 60)

    assert shop.fresh(intent).status == IntentStatus.CANCELED
    assert shop.attempt(intent).status == AttemptStatus.VOIDED
    assert shop.psp.books() == {}
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
