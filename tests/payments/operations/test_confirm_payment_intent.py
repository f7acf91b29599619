"""Confirming: the six standing tests of taking money, automatic and to be captured by hand."""

from __future__ import annotations

from typing import Any

import pytest

from foundation.errors import ResourceMissing
from foundation.ids import derive_id, new_id
from foundation.jobs.inline import run_due_jobs
from foundation.money import Money
from foundation.transactions import TransactionRuleBroken
from payments.errors import (
    PaymentMethodCustomerMismatch,
    PaymentMethodMissing,
    PspNotConfigured,
    UnexpectedState,
)
from payments.models import AttemptStatus, IntentStatus
from payments.operations.attach_payment_method import attach_payment_method
from payments.operations.confirm_payment_intent import confirm_payment_intent
from payments.operations.create_customer import create_customer
from payments.operations.create_payment_intent import create_payment_intent
from payments.operations.execute_attempt import execute_attempt
from payments.operations.record_attempt_outcome import record_attempt_outcome
from payments.psp.outcomes import NotSent
from tests.factories.books import assert_books_agree, statuses_of_attempts
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop, open_shop


def confirm(shop: Shop, intent: Any, **given: Any) -> Any:
    arguments = {"merchant_id": shop.id, "payment_intent_id": intent.id, "attempt_id": new_id()} | given
    return confirm_payment_intent(**arguments)


# --- Success


def test_confirmed_payment_takes_the_money_and_every_book_says_so(shop: Shop) -> None:
    intent = shop.pays(10_00)

    attempt = shop.attempt(intent)
    assert (intent.status, attempt.status) == (IntentStatus.SUCCEEDED, AttemptStatus.SUCCEEDED)
    assert (intent.amount_received_minor, intent.amount_capturable_minor) == (10_00, 0)
    assert (attempt.amount_captured_minor, attempt.fee_minor, attempt.next_check_at) == (10_00, 59, None)
    assert shop.balances() == {
        ("income/sales", "usd"): -10_00,
        ("expenses/psp_fees", "usd"): 59,
        (f"assets/psp_clearing/{shop.account.public_id}", "usd"): 9_41,
    }
    assert shop.events() == ["payment_intent.created", "payment_intent.succeeded", "charge.succeeded"]
    assert shop.psp.charges() == 1
    assert_books_agree(shop)


def test_what_the_psp_saw_of_the_card_is_kept_with_the_charge(shop: Shop) -> None:
    attempt = shop.attempt(shop.pays(token="pm_card_visa"))

    assert attempt.card_facts["brand"] == "visa"
    assert attempt.card_facts["last4"] == "4242"
    assert attempt.card_facts["cvc_check"] == "pass"
    assert attempt.psp_reference.startswith("pi_")
    assert attempt.psp_charge_reference.startswith("ch_")
    assert attempt.authorization_code != ""


def test_manual_confirmation_holds_the_amount_and_takes_nothing(shop: Shop) -> None:
    intent = shop.authorizes(10_00)

    attempt = shop.attempt(intent)
    assert (intent.status, attempt.status) == (IntentStatus.REQUIRES_CAPTURE, AttemptStatus.AUTHORIZED)
    assert (intent.amount_received_minor, intent.amount_capturable_minor) == (0, 10_00)
    assert shop.balances() == {
        ("memo/authorized", "usd"): 10_00,
        ("memo/authorization_contra", "usd"): -10_00,
    }
    assert shop.events() == [
        "payment_intent.created",
        "payment_intent.amount_capturable_updated",
        "charge.succeeded",
    ]
    assert shop.psp.charges() == 0
    assert_books_agree(shop)


def test_background_confirmation_is_sent_by_a_job(shop: Shop) -> None:
    intent = shop.intent()

    answered = confirm(shop, intent, in_background=True)
    assert answered.status == IntentStatus.PROCESSING
    assert shop.psp.charges() == 0
    run_due_jobs()

    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert_books_agree(shop)


def test_other_method_can_be_given_after_a_decline_and_the_second_try_is_charged_once(shop: Shop) -> None:
    intent = shop.pays(token="pm_card_chargeDeclined")

    paid = confirm(shop, intent, payment_method_id=shop.method().id)

    assert paid.status == IntentStatus.SUCCEEDED
    assert paid.last_payment_error is None
    assert statuses_of_attempts(shop) == [AttemptStatus.DECLINED, AttemptStatus.SUCCEEDED]
    assert_books_agree(shop)


@pytest.mark.parametrize(
    ("token", "code", "decline_code"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline"),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds"),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", ""),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", ""),
    ],
)
def test_decline_moves_nothing_and_asks_for_another_method(
    shop: Shop, token: str, code: str, decline_code: str
) -> None:
    intent = shop.pays(token=token)

    attempt = shop.attempt(intent)
    assert (intent.status, attempt.status) == (IntentStatus.REQUIRES_PAYMENT_METHOD, AttemptStatus.DECLINED)
    assert (attempt.error_code, attempt.decline_code) == (code, decline_code)
    assert intent.payment_method_id is None
    assert intent.last_payment_error["charge"] == attempt.public_id
    assert shop.balances() == {}
    assert shop.events() == ["payment_intent.created", "payment_intent.payment_failed", "charge.failed"]
    assert shop.psp.charges() == 0


def test_network_advice_is_kept_with_the_decline(shop: Shop) -> None:
    intent = shop.pays(token="pm_card_sandbox_mastercard_do_not_honor_03")

    assert shop.attempt(intent).network_advice_code == "03"
    assert intent.last_payment_error["network_advice_code"] == "03"


def test_off_session_payment_that_needs_the_customer_is_declined(shop: Shop) -> None:
    intent = shop.pays(token="pm_card_authenticationRequired", off_session=True)

    assert intent.status == IntentStatus.REQUIRES_PAYMENT_METHOD
    assert intent.last_payment_error["code"] == "authentication_required"
    assert shop.psp.charges() == 0


# --- Refusal


def test_confirming_a_paid_payment_is_refused_and_leaves_no_trace(shop: Shop) -> None:
    intent = shop.pays()
    before = shop.footprint()

    with pytest.raises(UnexpectedState):
        confirm(shop, intent)

    assert shop.footprint() == before


def test_confirming_without_a_method_is_refused_and_leaves_no_trace(shop: Shop) -> None:
    intent = shop.intent(token=None)
    before = shop.footprint()

    with pytest.raises(PaymentMethodMissing):
        confirm(shop, intent)

    assert shop.footprint() == before


def test_method_of_another_customer_is_refused_and_leaves_no_trace(shop: Shop) -> None:
    customer = create_customer(merchant_id=shop.id, customer_id=new_id(), name="Ada")
    method = shop.method()
    attach_payment_method(merchant_id=shop.id, payment_method_id=method.id, customer_id=customer.id)
    intent = shop.intent(token=None)
    before = shop.footprint()

    with pytest.raises(PaymentMethodCustomerMismatch):
        confirm(shop, intent, payment_method_id=method.id)

    assert shop.footprint() == before


def test_currency_that_no_account_takes_is_refused_and_leaves_no_trace(db: None, psp: ScriptedPsp) -> None:
    shop = open_shop(psp, currencies=["eur"])
    method = shop.method()
    before = shop.footprint()

    with pytest.raises(PspNotConfigured):
        create_payment_intent(
            merchant_id=shop.id,
            payment_intent_id=new_id(),
            amount=Money(10_00, "usd"),
            payment_method_id=method.id,
            confirm=True,
        )

    assert shop.footprint() == before


def test_another_merchant_can_neither_confirm_nor_pay_with_what_is_not_theirs(
    shop: Shop, sandbox: Any
) -> None:
    other = open_shop(ScriptedPsp(sandbox, key=f"sk_test_{new_id().hex}"), name="Coffee shop")
    intent, method = shop.intent(), shop.method()
    theirs = other.intent()
    before = shop.footprint(), other.footprint()

    with pytest.raises(ResourceMissing):
        confirm(other, intent)
    with pytest.raises(ResourceMissing):
        confirm(other, theirs, payment_method_id=method.id)

    assert (shop.footprint(), other.footprint()) == before


def test_psp_is_never_called_inside_a_transaction(shop: Shop) -> None:
    from django.db import transaction

    intent = shop.intent()

    with transaction.atomic(), pytest.raises(TransactionRuleBroken):
        confirm(shop, intent)

    assert shop.psp.charges() == 0


# --- The same request twice


def test_same_creation_twice_is_one_intent_and_one_charge(shop: Shop) -> None:
    arguments: dict[str, Any] = {
        "merchant_id": shop.id,
        "payment_intent_id": new_id(),
        "amount": Money(10_00, "usd"),
        "payment_method_id": shop.method().id,
        "confirm": True,
    }
    first = create_payment_intent(**arguments)
    execute_attempt(merchant_id=shop.id, attempt_id=first.order.attempt_id, order=first.order)  # type: ignore[union-attr]
    before = shop.footprint()

    again = create_payment_intent(**arguments, may_exist=True)

    assert (again.intent.id, again.order) == (first.intent.id, None)
    assert again.intent.status == IntentStatus.SUCCEEDED
    assert shop.footprint() == before
    assert shop.psp.charges() == 1


def test_same_confirmation_twice_is_one_charge_and_the_same_answer(shop: Shop) -> None:
    intent, attempt_id = shop.intent(), new_id()
    first = confirm(shop, intent, attempt_id=attempt_id)
    before = shop.footprint()

    again = confirm(shop, intent, attempt_id=attempt_id, is_repeat=True)

    assert (first.status, again.status) == (IntentStatus.SUCCEEDED, IntentStatus.SUCCEEDED)
    assert shop.footprint() == before


def test_repeat_after_what_never_left_tries_once_more_and_the_next_repeat_finds_that_try(shop: Shop) -> None:
    intent, attempt_id = shop.intent(), new_id()
    confirm(shop, intent, attempt_id=attempt_id, in_background=True)
    record_attempt_outcome(
        merchant_id=shop.id,
        payment_intent_id=intent.id,
        attempt_id=attempt_id,
        outcome=NotSent(reason="connect"),
        call=None,
    )

    second = confirm(shop, intent, attempt_id=attempt_id, is_repeat=True)
    before = shop.footprint()
    third = confirm(shop, intent, attempt_id=attempt_id, is_repeat=True)

    assert (second.status, third.status) == (IntentStatus.SUCCEEDED, IntentStatus.SUCCEEDED)
    assert shop.attempt(intent).id == derive_id(attempt_id, 2)
    assert statuses_of_attempts(shop) == [AttemptStatus.NOT_SENT, AttemptStatus.SUCCEEDED]
    assert shop.footprint() == before


def test_repeat_of_a_confirmation_that_never_began_tries_once_beside_another_requests_try(shop: Shop) -> None:
    declined = shop.method("pm_card_chargeDeclined")
    intent, attempt_id = shop.intent(token=None), new_id()
    confirm(shop, intent, payment_method_id=declined.id)

    confirm(shop, intent, attempt_id=attempt_id, payment_method_id=declined.id, is_repeat=True)
    before = shop.footprint()
    confirm(shop, intent, attempt_id=attempt_id, payment_method_id=declined.id, is_repeat=True)

    assert shop.attempt(intent).id == attempt_id
    assert statuses_of_attempts(shop) == [AttemptStatus.DECLINED, AttemptStatus.DECLINED]
    assert shop.footprint() == before


def test_job_delivered_twice_charges_once(shop: Shop) -> None:
    intent = shop.intent()
    confirm(shop, intent, in_background=True)
    attempt = shop.attempt(intent)

    execute_attempt(merchant_id=shop.id, attempt_id=attempt.id)
    before = shop.footprint()
    execute_attempt(merchant_id=shop.id, attempt_id=attempt.id)

    assert shop.footprint() == before
    assert shop.psp.charges() == 1
