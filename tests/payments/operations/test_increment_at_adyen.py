"""A larger authorization at a PSP that answers later: pending until it tells, never in doubt without being asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from foundation.errors import DomainError
from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from foundation.money import Money
from foundation.tenancy.operations import create_api_key
from payments.models import AuthorizationIncrement, CaseKind, IncrementStatus, PaymentIntent
from payments.operations.increment_authorization import increment_authorization
from payments.operations.request_increment import request_increment
from payments.psp.sandbox.sandbox import Sandbox
from tests.factories.adyen import item_of, open_adyen_shop, tell, told
from tests.factories.books import assert_books_agree
from tests.factories.later import look_after
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop
from tests.payments.api.conftest import CheckedCaller

CALL = "increment_authorization"
S = IncrementStatus


@pytest.fixture
def shop(db: None, sandbox: Sandbox) -> Iterator[Shop]:
    psp = ScriptedPsp(sandbox, key=f"AQE{new_id().hex}")
    yield open_adyen_shop(psp, deadline_seconds=1)
    psp.heals()


def raises(shop: Shop, intent: PaymentIntent, amount: int = 15_00, **more: Any) -> AuthorizationIncrement:
    return increment_authorization(
        merchant_id=shop.id,
        payment_intent_id=intent.id,
        **{"increment_id": new_id(), "amount": Money(amount, intent.currency), **more},
    )


def news_arrives(shop: Shop) -> None:
    # What was asked for during a look is worked off by the sandbox's clock, which the look had moved.
    shop.psp.time_passes(seconds=120)
    tell(shop, *told(shop.psp))
    run_due_jobs()


def only(shop: Shop) -> AuthorizationIncrement:
    return AuthorizationIncrement.objects.for_merchant(shop.id).get()


def test_increment_is_pending_and_blocks_the_rest_until_adyen_tells(shop: Shop) -> None:
    intent = shop.authorizes(10_00)

    increment = raises(shop, intent)

    assert (increment.status, bool(increment.psp_reference)) == (S.PENDING, True)
    assert shop.ledger("memo/authorized") == 10_00
    for act in (
        lambda: shop.captures(intent),
        lambda: shop.cancels(intent),
        lambda: raises(shop, intent, 20_00),
    ):
        with pytest.raises(DomainError) as refused:
            act()
        assert refused.value.code == "earlier_operation_unresolved"
    news_arrives(shop)

    assert only(shop).status == S.SUCCEEDED
    assert shop.fresh(intent).amount_capturable_minor == 15_00
    assert shop.ledger("memo/authorized") == 15_00
    assert_books_agree(shop)
    shop.captures(shop.fresh(intent), 15_00)
    news_arrives(shop)
    assert shop.fresh(intent).amount_received_minor == 15_00
    assert shop.cases() == []
    assert_books_agree(shop)


def test_increment_that_the_issuer_refuses_leaves_the_old_amount_held(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    shop.psp.fails("modification_fails", operation=CALL)
    raises(shop, intent)
    events = shop.events()

    news_arrives(shop)

    assert (only(shop).status, only(shop).failure_code) == (S.FAILED, "increment_failed")
    assert shop.fresh(intent).amount_capturable_minor == 10_00
    assert shop.ledger("memo/authorized") == 10_00
    assert shop.events() == events
    assert_books_agree(shop)


def test_same_key_twice_is_one_increment(shop: Shop) -> None:
    intent, key = shop.authorizes(10_00), new_id()

    first, second = (raises(shop, intent, increment_id=key) for _ in range(2))
    news_arrives(shop)

    assert first.id == second.id
    assert len(told(shop.psp, "AUTHORISATION_ADJUSTMENT")) == 1
    assert shop.ledger("memo/authorized") == 15_00
    assert_books_agree(shop)


@pytest.mark.parametrize("is_told", [True, False], ids=["news first", "question first"])
@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("error_after_booking", {}),
        ("error_before_booking", {}),
        ("reset_after_booking", {}),
        ("timeout_before_booking", {"seconds": 2}),
        ("garbage_after_booking", {}),
    ],
)
def test_unknown_outcome_is_asked_for_by_the_same_wish(
    shop: Shop, fault: str, options: dict[str, Any], is_told: bool
) -> None:
    intent = shop.authorizes(10_00)
    shop.psp.fails(fault, operation=CALL, **options)
    assert raises(shop, intent).status == S.UNKNOWN

    if is_told:
        news_arrives(shop)
    look_after(11)
    news_arrives(shop)

    assert only(shop).status == S.SUCCEEDED
    assert shop.fresh(intent).amount_capturable_minor == 15_00
    assert shop.cases() == []
    assert_books_agree(shop)


def test_caller_who_dies_between_the_two_transactions_is_finished_by_the_sweep(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    request_increment(
        merchant_id=shop.id, payment_intent_id=intent.id, increment_id=new_id(), amount=Money(15_00, "usd")
    )

    look_after(61)
    news_arrives(shop)

    assert only(shop).status == S.SUCCEEDED
    assert_books_agree(shop)


def test_news_of_it_that_comes_twice_or_late_changes_nothing(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    increment = raises(shop, intent)
    news_arrives(shop)
    before = (shop.balances(), shop.events())

    late = item_of(
        "AUTHORISATION_ADJUSTMENT",
        merchantReference=increment.psp_key,
        pspReference=increment.psp_reference,
        success="false",
        amount={"currency": "USD", "value": 15_00},
    )
    tell(shop, late)
    run_due_jobs()

    assert (shop.balances(), shop.events()) == before
    assert only(shop).status == S.SUCCEEDED


def test_second_adjustment_under_one_key_comes_before_a_person(shop: Shop) -> None:
    intent = shop.authorizes(10_00)
    increment = raises(shop, intent)

    another = item_of(
        "AUTHORISATION_ADJUSTMENT",
        merchantReference=increment.psp_key,
        pspReference="ANOTHERONE123456",
        amount={"currency": "USD", "value": 15_00},
    )
    tell(shop, another)
    run_due_jobs()

    assert [kind for kind, _, _ in shop.cases()] == [CaseKind.UNMATCHED]
    assert only(shop).status == S.PENDING


def test_increment_over_the_api_shows_the_old_amount_until_adyen_tells(shop: Shop) -> None:
    api = CheckedCaller(create_api_key(merchant_id=shop.id).secret)
    intent = shop.authorizes(10_00)
    path = f"/v1/payment_intents/{intent.public_id}"

    asked = api.post_form(f"{path}/increment_authorization", amount=15_00)

    assert (asked["status"], asked["amount_capturable"]) == ("requires_capture", 10_00)
    news_arrives(shop)
    assert api.get(path).json()["amount_capturable"] == 15_00
