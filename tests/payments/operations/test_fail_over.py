"""Going on to the next account: only after what certainly did not happen, each try on record, never two charges."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from foundation import clock
from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from foundation.money import Money
from payments.models import AttemptStatus, IntentStatus, PaymentAttempt, PaymentIntent, PaymentMethod
from payments.operations.confirm_payment_intent import confirm_payment_intent
from payments.operations.create_payment_intent import create_payment_intent
from payments.operations.execute_attempt import execute_attempt
from payments.operations.fail_over import fail_over
from payments.psp.outcomes import NotSent
from payments.routing.failover import Tries
from tests.factories.books import assert_all_decided
from tests.factories.later import look_after
from tests.factories.shop import Shop
from tests.factories.two_psps import TwoPsps, open_second_account

SOFT = "pm_card_sandbox_visa_try_again_later"
HARD = "pm_card_sandbox_visa_lost_card"
GOOD = "pm_card_visa"


@pytest.fixture
def two(shop: Shop) -> TwoPsps:
    return open_second_account(shop)


def pays(two: TwoPsps, method: PaymentMethod, **fields: Any) -> PaymentIntent:
    created = create_payment_intent(
        merchant_id=two.shop.id,
        payment_intent_id=new_id(),
        amount=Money(10_00, "usd"),
        payment_method_id=method.id,
        confirm=True,
        return_url="https://shop.example.com/done",
        **fields,
    )
    assert created.order is not None
    return execute_attempt(merchant_id=two.shop.id, attempt_id=created.order.attempt_id, order=created.order)


def test_without_a_refusal_the_second_account_hears_of_nothing(two: TwoPsps) -> None:
    intent = two.shop.pays()

    assert intent.status == IntentStatus.SUCCEEDED
    assert two.charges == (1, 0)
    assert [decision.psp_account.name for decision in two.decisions(intent)] == ["Scripted"]


def test_soft_decline_goes_on_to_the_next_account_which_takes_the_money(two: TwoPsps) -> None:
    intent = pays(two, two.method(SOFT, GOOD))

    assert intent.status == IntentStatus.SUCCEEDED
    assert intent.last_payment_error is None
    assert two.attempts(intent) == [("Scripted", "declined"), ("Second", "succeeded")]
    assert two.charges == (0, 1)
    assert_all_decided(two.shop)


def test_the_payment_has_not_failed_while_it_is_tried_elsewhere(two: TwoPsps) -> None:
    pays(two, two.method(SOFT, GOOD))

    assert two.shop.events() == [
        "payment_intent.created",
        "charge.failed",
        "payment_intent.succeeded",
        "charge.succeeded",
    ]


def test_every_try_has_its_decision_with_a_reason_for_every_account(two: TwoPsps) -> None:
    intent = pays(two, two.method(SOFT, GOOD))

    first, second = two.decisions(intent)
    assert (first.is_failover, second.is_failover) == (False, True)
    assert [(one["name"], one["rank"]) for one in first.considered] == [("Scripted", 0), ("Second", 1)]
    assert [(one["name"], one["rank"], one["reason"]) for one in second.considered] == [
        ("Second", 0, "priority 200"),
        ("Scripted", None, "tried just now"),
    ]


def test_account_that_can_not_be_reached_is_passed_over(
    two: TwoPsps, unreachable: Callable[[bool], None]
) -> None:
    unreachable(True)

    intent = two.shop.pays()

    assert intent.status == IntentStatus.SUCCEEDED
    assert two.attempts(intent) == [("Scripted", "not_sent"), ("Second", "succeeded")]


def test_hard_decline_is_the_last_word(two: TwoPsps) -> None:
    intent = pays(two, two.method(HARD, GOOD))

    assert intent.status == IntentStatus.REQUIRES_PAYMENT_METHOD
    assert two.attempts(intent) == [("Scripted", "declined")]
    assert two.charges == (0, 0)


@pytest.mark.parametrize("advice", ["03", "21"])
def test_network_that_forbids_another_try_is_obeyed(two: TwoPsps, advice: str) -> None:
    intent = pays(two, two.method(f"pm_card_sandbox_mastercard_do_not_honor_{advice}", GOOD))

    assert two.attempts(intent) == [("Scripted", "declined")]


def test_card_that_was_declined_too_often_is_not_tried_elsewhere(two: TwoPsps) -> None:
    method = two.method(SOFT, GOOD)
    declined_before(two, method, times=14)

    intent = pays(two, method)

    assert two.attempts(intent) == [("Scripted", "declined")]
    assert two.charges == (0, 0)


def test_card_one_short_of_the_cap_is_tried_once_more(two: TwoPsps) -> None:
    method = two.method(SOFT, GOOD)
    declined_before(two, method, times=13)

    intent = pays(two, method)

    assert two.attempts(intent) == [("Scripted", "declined"), ("Second", "succeeded")]


def declined_before(two: TwoPsps, method: PaymentMethod, *, times: int) -> None:
    intent = two.shop.intent()
    PaymentAttempt.across_merchants.bulk_create(
        PaymentAttempt(
            merchant_id=two.shop.id,
            payment_intent=intent,
            ordinal=number,
            psp_account=two.first,
            payment_method=method,
            status=AttemptStatus.DECLINED,
            amount_minor=1,
            currency="usd",
            capture_method="automatic",
            psp_key=str(new_id()),
            decided_at=clock.now() - timedelta(days=number),
        )
        for number in range(1, times + 1)
    )


@pytest.mark.parametrize("fault", ["error_before_booking", "error_after_booking", "reset_after_booking"])
def test_unknown_outcome_never_goes_elsewhere(two: TwoPsps, fault: str) -> None:
    two.shop.psp.fails(fault)

    intent = two.shop.pays()

    assert intent.status == IntentStatus.PROCESSING
    assert two.attempts(intent) == [("Scripted", "unknown")]
    assert two.second_psp.books() == {}


def test_challenge_never_goes_elsewhere(two: TwoPsps) -> None:
    intent = two.shop.pays(token="pm_card_authenticationRequired")

    assert intent.status == IntentStatus.REQUIRES_ACTION
    assert two.attempts(intent) == [("Scripted", "requires_action")]


def test_all_accounts_refuse_and_the_answer_is_the_last_state(two: TwoPsps) -> None:
    intent = two.shop.pays(token=SOFT)

    assert intent.status == IntentStatus.REQUIRES_PAYMENT_METHOD
    assert intent.last_payment_error["decline_code"] == "try_again_later"
    assert two.attempts(intent) == [("Scripted", "declined"), ("Second", "declined")]
    assert two.shop.events() == [
        "payment_intent.created",
        "charge.failed",
        "payment_intent.payment_failed",
        "charge.failed",
    ]


def test_no_more_accounts_than_the_setting_allows(two: TwoPsps, settings: Any) -> None:
    settings.PSP_MAX_TRIES = 1

    intent = pays(two, two.method(SOFT, GOOD))

    assert two.attempts(intent) == [("Scripted", "declined")]


def test_account_whose_deadline_goes_beyond_the_requests_own_is_not_begun(
    two: TwoPsps, settings: Any
) -> None:
    settings.PSP_TRIES_SECONDS = two.second.deadline_seconds - 1

    intent = pays(two, two.method(SOFT, GOOD))

    assert two.attempts(intent) == [("Scripted", "declined")]


def test_worker_goes_on_as_a_request_does(two: TwoPsps) -> None:
    method = two.method(SOFT, GOOD)
    created = create_payment_intent(
        merchant_id=two.shop.id,
        payment_intent_id=new_id(),
        amount=Money(10_00, "usd"),
        payment_method_id=method.id,
        confirm=True,
        in_background=True,
    )

    run_due_jobs()

    assert two.shop.fresh(created.intent).status == IntentStatus.SUCCEEDED
    assert two.attempts(created.intent) == [("Scripted", "declined"), ("Second", "succeeded")]


def test_same_confirmation_again_after_a_failover_makes_no_further_try(two: TwoPsps) -> None:
    method = two.shop.method(SOFT)
    intent, attempt_id = two.shop.intent(token=None), new_id()
    arguments: dict[str, Any] = {
        "merchant_id": two.shop.id,
        "payment_intent_id": intent.id,
        "attempt_id": attempt_id,
        "payment_method_id": method.id,
    }
    confirm_payment_intent(**arguments)
    before = two.shop.footprint()

    again = confirm_payment_intent(**arguments, is_repeat=True)

    assert again.status == IntentStatus.REQUIRES_PAYMENT_METHOD
    assert two.shop.footprint() == before


def test_death_between_the_tries_charges_nobody_and_frees_the_payment(two: TwoPsps) -> None:
    created = create_payment_intent(
        merchant_id=two.shop.id,
        payment_intent_id=new_id(),
        amount=Money(10_00, "usd"),
        payment_method_id=two.shop.method().id,
        confirm=True,
    )
    order = created.order
    assert order is not None
    fail_over(
        merchant_id=two.shop.id,
        payment_intent_id=created.intent.id,
        attempt_id=order.attempt_id,
        outcome=NotSent(reason="connect"),
        call=None,
        tries=Tries(3, 20, tried={two.first.id}),
    )
    assert two.attempts(created.intent) == [("Scripted", "not_sent"), ("Second", "submitting")]

    for seconds in (61, 75, 130, 610):
        look_after(seconds)

    assert two.attempts(created.intent) == [("Scripted", "not_sent"), ("Second", "not_sent")]
    assert two.shop.fresh(created.intent).status == IntentStatus.REQUIRES_CONFIRMATION
    assert two.charges == (0, 0)
