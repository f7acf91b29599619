"""Sending a refund: an outcome that is unknown, and a crash between the two transactions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from foundation.ids import new_id
from foundation.money import Money
from payments.errors import (
    RefundExceedsCaptured,
)
from payments.models import PspCall, RefundStatus
from payments.operations.execute_refund import execute_refund
from payments.operations.record_refund_outcome import GIVE_UP_SECONDS, record_refund_outcome
from payments.operations.request_refund import request_refund
from payments.psp.outcomes import NotFound, Unknown
from payments.psp.registry import connector_for
from payments.queries.payment_intents import get_refund
from payments.queries.psp_orders import credentials_of, refund_request
from tests.factories.books import assert_all_decided, assert_books_agree
from tests.factories.later import later, look_after
from tests.factories.shop import Shop


def order(shop: Shop, intent: Any, amount: int | None = None, **given: Any) -> dict[str, Any]:
    return {
        "merchant_id": shop.id,
        "payment_intent_id": intent.id,
        "refund_id": new_id(),
        "amount": None if amount is None else Money(amount, "usd"),
    } | given


def calls(shop: Shop, operation: str = "refund") -> list[PspCall]:
    return list(PspCall.objects.for_merchant(shop.id).filter(operation=operation).order_by("id"))


# --- Outcome unknown


@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("timeout_after_booking", {"seconds": 2}),
        ("error_after_booking", {}),
        ("reset_after_booking", {}),
        ("garbage_after_booking", {}),
    ],
)
def test_lost_answer_to_a_refund_is_unknown_and_found(quick_shop: Shop, fault: str, options: Any) -> None:
    intent = quick_shop.pays(10_00)
    quick_shop.psp.fails(fault, operation="refund", **options)

    refund = quick_shop.gives_back(intent, 4_00)
    assert refund.status == RefundStatus.UNKNOWN
    assert quick_shop.ledger("income/refunds") == 0
    with pytest.raises(RefundExceedsCaptured):
        quick_shop.gives_back(intent, 6_01)
    look_after(11)

    assert quick_shop.fresh(refund).status == RefundStatus.SUCCEEDED
    assert quick_shop.psp.refunds() == 1
    assert_books_agree(quick_shop)
    assert_all_decided(quick_shop)


@pytest.mark.parametrize("fault", ["error_before_booking", "reset_before_booking"])
def test_refund_that_never_was_is_sent_again_with_the_same_key_once_that_is_proven(
    shop: Shop, fault: str
) -> None:
    intent = shop.pays(10_00)
    shop.psp.fails(fault, operation="refund")

    refund = shop.gives_back(intent, 4_00)
    look_after(31)
    assert shop.fresh(refund).status == RefundStatus.UNKNOWN
    look_after(63)
    assert shop.fresh(refund).status == RefundStatus.CREATED
    look_after(120)

    assert shop.fresh(refund).status == RefundStatus.SUCCEEDED
    assert [call.psp_key for call in calls(shop)] == [refund.psp_key] * 2
    assert shop.psp.refunds() == 1
    assert_books_agree(shop)


def test_refund_to_an_unreachable_psp_is_sent_again_for_a_day_and_then_given_up(
    shop: Shop, unreachable: Callable[[bool], None]
) -> None:
    intent = shop.pays(10_00)
    unreachable(True)

    refund = shop.gives_back(intent, 4_00)
    assert (refund.status, refund.submissions) == (RefundStatus.CREATED, 1)
    for hours in range(1, 24):
        look_after(hours * 3_600)
    assert shop.fresh(refund).status == RefundStatus.CREATED
    look_after(GIVE_UP_SECONDS + 3_700)

    refund = shop.fresh(refund)
    assert (refund.status, shop.events()[-1]) == (RefundStatus.FAILED, "refund.failed")
    assert {call.outcome for call in calls(shop)} == {"not_sent"}
    assert {call.psp_key for call in calls(shop)} == {refund.psp_key}
    unreachable(False)
    assert shop.gives_back(intent).amount_minor == 10_00
    assert_books_agree(shop)


def test_refund_to_a_psp_that_comes_back_succeeds_once(
    shop: Shop, unreachable: Callable[[bool], None]
) -> None:
    intent = shop.pays(10_00)
    unreachable(True)
    refund = shop.gives_back(intent, 4_00)
    look_after(30)
    unreachable(False)

    look_after(700)

    assert shop.fresh(refund).status == RefundStatus.SUCCEEDED
    assert shop.psp.refunds() == 1
    assert_books_agree(shop)


def test_inquiry_that_learns_nothing_does_not_lower_a_pending_refund(shop: Shop) -> None:
    intent = shop.pays(10_00, token="pm_card_pendingRefund")
    refund = shop.gives_back(intent, 4_00)

    with later(4_000):
        for outcome in (Unknown(reason="no_answer"), NotFound()):
            record_refund_outcome(merchant_id=shop.id, refund_id=refund.id, outcome=outcome, call=None)

    refund = shop.fresh(refund)
    assert refund.status == RefundStatus.PENDING
    assert refund.next_check_at is not None


# --- Crash between the two transactions


def test_crash_before_the_call_is_taken_up_by_the_sweep_and_refunded_once(shop: Shop) -> None:
    intent = shop.pays(10_00)
    refund = request_refund(**order(shop, intent, 4_00, in_background=False))

    look_after(61)

    assert shop.fresh(refund).status == RefundStatus.SUCCEEDED
    assert shop.psp.refunds() == 1
    assert_books_agree(shop)


def test_crash_after_the_call_is_found_by_our_key_and_booked_once(shop: Shop) -> None:
    intent = shop.pays(10_00)
    promised = request_refund(**order(shop, intent, 4_00, in_background=False))
    refund = get_refund(merchant_id=shop.id, refund_id=promised.id)
    refund.submit()
    refund.submitted_at = refund.created_at
    refund.save()
    account = refund.attempt.psp_account
    connector_for("stripe").refund(credentials_of(account), refund_request(refund, refund.attempt))

    execute_refund(merchant_id=shop.id, refund_id=refund.id)
    look_after(61)

    assert shop.fresh(refund).status == RefundStatus.SUCCEEDED
    assert shop.psp.refunds() == 1
    assert_books_agree(shop)
