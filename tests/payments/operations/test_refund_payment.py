"""Refunding: the six standing tests of giving money back, and of refunds that come back."""

from __future__ import annotations

from typing import Any

import pytest

from foundation.errors import ResourceMissing
from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from foundation.money import Money
from payments.errors import (
    ChargeAlreadyRefunded,
    ChargeNotRefundable,
    RefundCurrencyDiffers,
    RefundExceedsCaptured,
    RefundNotCancelable,
)
from payments.models import IntentStatus, PspCall, RefundStatus
from payments.operations.cancel_refund import cancel_refund
from payments.operations.execute_refund import execute_refund
from payments.operations.refund_payment import refund_payment
from payments.operations.request_refund import request_refund
from tests.factories.books import assert_all_decided, assert_books_agree
from tests.factories.later import look_after
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop, open_shop


def order(shop: Shop, intent: Any, amount: int | None = None, **given: Any) -> dict[str, Any]:
    return {
        "merchant_id": shop.id,
        "payment_intent_id": intent.id,
        "refund_id": new_id(),
        "amount": None if amount is None else Money(amount, "usd"),
    } | given


def calls(shop: Shop, operation: str = "refund") -> list[PspCall]:
    return list(PspCall.objects.for_merchant(shop.id).filter(operation=operation).order_by("id"))


# --- Success


def test_refund_gives_the_money_back_and_every_book_says_so(shop: Shop) -> None:
    intent = shop.pays(10_00)

    refund = shop.gives_back(intent, 4_00)

    attempt = shop.attempt(intent)
    assert (refund.status, refund.amount_minor, refund.submissions) == (RefundStatus.SUCCEEDED, 4_00, 1)
    assert (attempt.amount_captured_minor, attempt.amount_refunded_minor) == (10_00, 4_00)
    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert shop.balances() == {
        ("income/sales", "usd"): -10_00,
        ("income/refunds", "usd"): 4_00,
        ("expenses/psp_fees", "usd"): 59,
        (f"assets/psp_clearing/{shop.account.public_id}", "usd"): 5_41,
    }
    assert shop.events()[3:] == ["refund.created", "refund.updated", "charge.refunded"]
    assert (shop.psp.charges(), shop.psp.refunds()) == (1, 1)
    assert_books_agree(shop)


def test_refund_without_an_amount_gives_back_all_that_is_left(shop: Shop) -> None:
    intent = shop.pays(10_00)
    shop.gives_back(intent, 4_00)

    refund = shop.gives_back(intent)

    assert refund.amount_minor == 6_00
    assert shop.attempt(intent).amount_refunded_minor == 10_00
    assert_books_agree(shop)


def test_background_refund_is_sent_by_a_job(shop: Shop) -> None:
    intent = shop.pays(10_00)

    refund = request_refund(**order(shop, intent))
    assert shop.psp.refunds() == 0
    run_due_jobs()

    assert shop.fresh(refund).status == RefundStatus.SUCCEEDED
    assert_books_agree(shop)


def test_refund_of_a_partly_captured_payment_gives_back_from_what_was_captured(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    shop.captures(intent, 4_00, is_final=False)

    with pytest.raises(RefundExceedsCaptured):
        shop.gives_back(intent, 4_01)
    refund = shop.gives_back(intent, 4_00)

    assert refund.status == RefundStatus.SUCCEEDED
    assert_books_agree(shop)


def test_pending_refund_is_booked_when_it_arrives(shop: Shop) -> None:
    intent = shop.pays(10_00, token="pm_card_pendingRefund")

    refund = shop.gives_back(intent, 4_00)
    assert refund.status == RefundStatus.PENDING
    assert shop.ledger("income/refunds") == 0
    shop.psp.time_passes(seconds=10)
    look_after(11)

    assert shop.fresh(refund).status == RefundStatus.SUCCEEDED
    assert_books_agree(shop)
    assert_all_decided(shop)


# --- Refusal


@pytest.mark.parametrize("state", ["unconfirmed", "authorized", "declined", "canceled"])
def test_payment_that_took_nothing_has_nothing_to_refund(shop: Shop, state: str) -> None:
    intent = {
        "unconfirmed": lambda: shop.intent(),
        "authorized": lambda: shop.authorizes(),
        "declined": lambda: shop.pays(token="pm_card_chargeDeclined"),
        "canceled": lambda: shop.cancels(shop.authorizes()),
    }[state]()
    before = shop.footprint()

    with pytest.raises(ChargeNotRefundable):
        shop.gives_back(intent)

    assert shop.footprint() == before


def test_refunds_together_never_exceed_what_was_captured(shop: Shop) -> None:
    intent = shop.pays(10_00)
    shop.gives_back(intent, 6_00)
    before = shop.footprint()

    with pytest.raises(RefundExceedsCaptured):
        shop.gives_back(intent, 4_01)

    assert shop.footprint() == before
    shop.gives_back(intent, 4_00)
    with pytest.raises(ChargeAlreadyRefunded):
        shop.gives_back(intent, 1)


def test_refund_in_another_currency_is_refused_and_leaves_no_trace(shop: Shop) -> None:
    intent = shop.pays(10_00)
    before = shop.footprint()

    with pytest.raises(RefundCurrencyDiffers):
        refund_payment(**order(shop, intent) | {"amount": Money(1_00, "eur")})

    assert shop.footprint() == before


def test_another_merchant_can_neither_refund_nor_touch_a_refund(shop: Shop, sandbox: Any) -> None:
    other = open_shop(ScriptedPsp(sandbox, key=f"sk_test_{new_id().hex}"), name="Coffee shop")
    intent = shop.pays()
    refund = request_refund(**order(shop, intent, in_background=False))
    before = shop.footprint()

    with pytest.raises(ResourceMissing):
        other.gives_back(intent)
    with pytest.raises(ResourceMissing):
        execute_refund(merchant_id=other.id, refund_id=refund.id)
    with pytest.raises(ResourceMissing):
        cancel_refund(merchant_id=other.id, refund_id=refund.id)

    assert shop.footprint() == before


# --- The same request twice


def test_same_refund_twice_is_one_movement_and_the_same_answer(shop: Shop) -> None:
    intent = shop.pays(10_00)
    same = order(shop, intent, 4_00)
    first = refund_payment(**same)
    before = shop.footprint()

    again = refund_payment(**same)

    assert (again.id, again.status) == (first.id, RefundStatus.SUCCEEDED)
    assert shop.footprint() == before


def test_job_delivered_twice_refunds_once(shop: Shop) -> None:
    intent = shop.pays(10_00)
    refund = request_refund(**order(shop, intent, 4_00, in_background=False))

    execute_refund(merchant_id=shop.id, refund_id=refund.id)
    before = shop.footprint()
    execute_refund(merchant_id=shop.id, refund_id=refund.id)

    assert shop.footprint() == before
    assert shop.psp.refunds() == 1


# --- Withdrawn before it was sent


def test_refund_that_was_not_sent_can_be_withdrawn_and_is_never_sent(shop: Shop) -> None:
    intent = shop.pays(10_00)
    refund = request_refund(**order(shop, intent, 4_00))

    canceled = cancel_refund(merchant_id=shop.id, refund_id=refund.id)
    run_due_jobs()
    look_after(61)

    assert canceled.status == RefundStatus.CANCELED
    assert shop.psp.refunds() == 0
    assert shop.gives_back(intent).amount_minor == 10_00


def test_refund_that_was_sent_cannot_be_withdrawn(shop: Shop) -> None:
    refund = shop.gives_back(shop.pays(10_00), 4_00)
    before = shop.footprint()

    with pytest.raises(RefundNotCancelable):
        cancel_refund(merchant_id=shop.id, refund_id=refund.id)

    assert shop.footprint() == before
