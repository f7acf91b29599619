"""A larger authorization: held once, refused without a trace, and never lost between two transactions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from foundation.errors import DomainError
from foundation.ids import new_id
from foundation.money import Money
from payments.models import (
    AttemptStatus,
    AuthorizationIncrement,
    IncrementStatus,
    IntentStatus,
    PaymentIntent,
)
from payments.operations.increment_authorization import increment_authorization
from payments.operations.request_increment import request_increment
from tests.factories.books import assert_books_agree
from tests.factories.later import look_after
from tests.factories.shop import Shop
from tests.foundation.conftest import ApiCaller

CALL = "increment_authorization"


def raises(shop: Shop, intent: PaymentIntent, amount: int = 15_00, **more: Any) -> AuthorizationIncrement:
    return increment_authorization(
        merchant_id=shop.id,
        payment_intent_id=intent.id,
        **{"increment_id": new_id(), "amount": Money(amount, intent.currency), **more},
    )


def trace(shop: Shop) -> dict[str, Any]:
    return {
        **shop.footprint(),
        "increments": list(AuthorizationIncrement.objects.for_merchant(shop.id).values_list("id", "status")),
    }


def test_larger_amount_is_held_and_can_be_captured(shop: Shop) -> None:
    intent = shop.authorizes(10_00)

    increment = raises(shop, intent)

    fresh = shop.fresh(intent)
    assert increment.status == IncrementStatus.SUCCEEDED
    assert (fresh.amount_minor, fresh.amount_capturable_minor) == (15_00, 15_00)
    assert shop.ledger("memo/authorized") == 15_00
    assert shop.events()[-1] == "payment_intent.amount_capturable_updated"
    assert_books_agree(shop)
    shop.captures(intent)
    assert shop.fresh(intent).amount_received_minor == 15_00
    assert shop.ledger("memo/authorized") == 0
    assert_books_agree(shop)


def test_several_increments_and_captures_in_parts_add_up(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    raises(shop, intent, 12_00)
    raises(shop, intent, 20_00)

    shop.captures(intent, 5_00, is_final=False)
    shop.captures(intent, 6_00, is_final=False)
    assert shop.fresh(intent).status == IntentStatus.REQUIRES_CAPTURE
    shop.captures(intent, 4_00)

    fresh = shop.fresh(intent)
    assert (fresh.status, fresh.amount_received_minor) == (IntentStatus.SUCCEEDED, 15_00)
    assert shop.ledger("memo/authorized") == 0
    assert_books_agree(shop)


@pytest.mark.parametrize("amount", [10_00, 9_99])
def test_amount_that_is_not_larger_is_refused_and_leaves_no_trace(shop: Shop, amount: int) -> None:
    intent = shop.authorizes(10_00)
    before = trace(shop)

    with pytest.raises(DomainError) as refused:
        raises(shop, intent, amount)

    assert refused.value.code == "increment_not_above_authorized"
    assert trace(shop) == before


@pytest.mark.parametrize(
    "make", [lambda s: s.pays(10_00), lambda s: s.intent(), lambda s: s.cancels(s.authorizes())]
)
def test_payment_without_an_open_authorization_is_refused(
    shop: Shop, make: Callable[[Shop], PaymentIntent]
) -> None:
    intent = make(shop)
    before = trace(shop)

    with pytest.raises(DomainError) as refused:
        raises(shop, intent, 50_00)

    assert refused.value.code == "payment_intent_unexpected_state"
    assert trace(shop) == before


def test_same_key_twice_is_one_increment(shop: Shop) -> None:
    intent, key = shop.authorizes(10_00), new_id()

    first = raises(shop, intent, increment_id=key)
    second = raises(shop, intent, increment_id=key)

    assert first.id == second.id
    assert shop.ledger("memo/authorized") == 15_00
    assert_books_agree(shop)


@pytest.mark.parametrize("fault", ["error_after_booking", "error_before_booking"])
def test_unknown_outcome_blocks_what_else_would_move_it_and_is_asked_for(shop: Shop, fault: str) -> None:
    intent = shop.authorizes(10_00)
    shop.psp.fails(fault, operation=CALL)

    increment = raises(shop, intent)

    assert increment.status == IncrementStatus.UNKNOWN
    for act in (
        lambda: shop.captures(intent),
        lambda: shop.cancels(intent),
        lambda: raises(shop, intent, 20_00),
    ):
        with pytest.raises(DomainError) as refused:
            act()
        assert refused.value.code == "earlier_operation_unresolved"
    look_after(11)
    happened = fault == "error_after_booking"
    status = AuthorizationIncrement.objects.for_merchant(shop.id).get().status
    assert status == (IncrementStatus.SUCCEEDED if happened else IncrementStatus.UNKNOWN)
    look_after(62)
    status = AuthorizationIncrement.objects.for_merchant(shop.id).get().status
    assert status == (IncrementStatus.SUCCEEDED if happened else IncrementStatus.FAILED)
    assert shop.ledger("memo/authorized") == (15_00 if happened else 10_00)
    assert_books_agree(shop)


def test_caller_who_dies_between_the_two_transactions_is_finished_by_the_sweep(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    request_increment(
        merchant_id=shop.id, payment_intent_id=intent.id, increment_id=new_id(), amount=Money(15_00, "usd")
    )

    look_after(61)

    assert AuthorizationIncrement.objects.for_merchant(shop.id).get().status == IncrementStatus.SUCCEEDED
    assert shop.fresh(intent).amount_capturable_minor == 15_00
    assert_books_agree(shop)


def test_psp_that_was_not_reached_leaves_the_old_amount_held(
    shop: Shop, unreachable: Callable[[bool], None]
) -> None:
    intent = shop.authorizes(10_00)
    unreachable(True)

    increment = raises(shop, intent)
    unreachable(False)

    assert (increment.status, increment.failure_code) == (IncrementStatus.FAILED, "not_sent")
    assert shop.attempt(intent).status == AttemptStatus.AUTHORIZED
    assert shop.ledger("memo/authorized") == 10_00
    assert raises(shop, intent).status == IncrementStatus.SUCCEEDED
    assert_books_agree(shop)


def test_increment_over_the_api(shop: Shop, api: ApiCaller) -> None:
    intent = shop.authorizes(10_00)
    path = f"/v1/payment_intents/{intent.public_id}/increment_authorization"

    done = api.post(path, "amount=1500")
    refused = api.post(path, "amount=1500")

    assert (done.status_code, done.json()["amount"], done.json()["amount_capturable"]) == (200, 15_00, 15_00)
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "increment_not_above_authorized")


def test_captures_in_parts_over_the_api_until_the_final_one(shop: Shop, api: ApiCaller) -> None:
    intent = shop.authorizes(10_00)
    path = f"/v1/payment_intents/{intent.public_id}/capture"

    part = api.post(path, "amount_to_capture=400&final_capture=false")
    last = api.post(path, "amount_to_capture=500&final_capture=true")

    assert (part.json()["status"], part.json()["amount_capturable"]) == ("requires_capture", 6_00)
    assert (last.json()["status"], last.json()["amount_received"]) == ("succeeded", 9_00)
    assert_books_agree(shop)
