"""Payments that nobody waits for are tried again by rows: within bounds, and never against anybody's decision."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from foundation import clock
from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from foundation.jobs.models import Job
from foundation.resilience import breaker
from foundation.resilience.circuits import Switch
from payments.models import AttemptStatus, IntentStatus, PaymentAttempt, PaymentIntent, PspAccount
from payments.operations.attach_payment_method import attach_payment_method
from payments.operations.cancel_payment_intent import cancel_payment_intent
from payments.operations.confirm_payment_intent import confirm_payment_intent
from payments.operations.create_customer import create_customer
from payments.operations.detach_payment_method import detach_payment_method
from payments.operations.retry_payment import retry_payment
from payments.psp.admission import circuit_of
from payments.steps.plan_retry import UNSENT_TRIES
from tests.factories.books import assert_books_agree, statuses_of_attempts
from tests.factories.later import later
from tests.factories.shop import Shop

S = AttemptStatus
SOFT = "pm_card_chargeDeclinedInsufficientFunds"
HARD = "pm_card_chargeDeclinedStolenCard"


def in_background(shop: Shop, away: Callable[[bool], None] | None = None) -> PaymentIntent:
    """A payment whose caller did not wait: a worker sends it. away: takes the PSP off the net first."""
    intent = shop.intent()
    if away is not None:
        away(True)
    confirm_payment_intent(
        merchant_id=shop.id, payment_intent_id=intent.id, attempt_id=new_id(), in_background=True
    )
    run_due_jobs()
    return shop.fresh(intent)


def planned(shop: Shop) -> list[Job]:
    return list(Job.objects.filter(name="payments.retry_payment", merchant_id=shop.id).order_by("created_at"))


def run_retries(shop: Shop, *, seconds: float = 0) -> None:
    with later(seconds):
        run_due_jobs()


def allow_retries(shop: Shop, count: int) -> None:
    account = PspAccount.objects.for_merchant(shop.id).get(pk=shop.account.pk)
    account.soft_decline_retries = count
    account.save(update_fields=["soft_decline_retries"])


# --- What never left


def test_call_that_never_left_a_worker_is_made_again_and_charges_once(
    shop: Shop, unreachable: Callable[[bool], None]
) -> None:
    intent = in_background(shop, unreachable)
    assert intent.status == IntentStatus.REQUIRES_CONFIRMATION
    unreachable(False)

    run_retries(shop, seconds=6)
    run_retries(shop, seconds=6)

    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert statuses_of_attempts(shop) == [S.NOT_SENT, S.SUCCEEDED]
    assert shop.psp.charges() == 1
    assert_books_agree(shop)


def test_what_a_breaker_refused_is_tried_again_when_the_psp_is_back(shop: Shop) -> None:
    circuit = circuit_of(shop.account.public_id, "authorize")
    breaker.switch(circuit, Switch.OPEN)
    intent = in_background(shop)
    assert shop.psp.charges() == 0
    breaker.switch(circuit, Switch.AUTOMATIC)

    run_retries(shop, seconds=6)
    run_retries(shop, seconds=6)

    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert shop.psp.charges() == 1


def test_a_psp_that_stays_away_is_given_up_after_a_bounded_number_of_tries(
    shop: Shop, unreachable: Callable[[bool], None]
) -> None:
    intent = in_background(shop, unreachable)

    for tries in range(40):
        run_retries(shop, seconds=tries * 700)

    assert statuses_of_attempts(shop) == [S.NOT_SENT] * UNSENT_TRIES
    assert shop.fresh(intent).status == IntentStatus.REQUIRES_CONFIRMATION
    assert len(planned(shop)) == UNSENT_TRIES - 1
    assert shop.psp.books() == {}


def test_a_caller_that_waits_is_told_and_nothing_is_tried_behind_its_back(
    shop: Shop, unreachable: Callable[[bool], None]
) -> None:
    intent = shop.intent()
    unreachable(True)

    confirm_payment_intent(merchant_id=shop.id, payment_intent_id=intent.id, attempt_id=new_id())

    assert statuses_of_attempts(shop) == [S.NOT_SENT]

    assert planned(shop) == []


# --- Soft declines


def test_soft_decline_of_an_off_session_charge_is_tried_again_as_often_as_the_account_says(
    shop: Shop,
) -> None:
    allow_retries(shop, 2)
    intent = shop.pays(token=SOFT, off_session=True)

    for day in range(1, 20):
        run_retries(shop, seconds=day * 86_400)

    assert statuses_of_attempts(shop) == [S.DECLINED] * 3
    assert shop.fresh(intent).status == IntentStatus.REQUIRES_PAYMENT_METHOD


def test_without_a_word_of_the_account_a_decline_stays_a_decline(shop: Shop) -> None:
    before = shop.footprint()["jobs"]
    shop.pays(token=SOFT, off_session=True)

    assert planned(shop) == []
    assert shop.footprint()["jobs"] == before


@pytest.mark.parametrize(("token", "fields"), [(HARD, {"off_session": True}), (SOFT, {"off_session": False})])
def test_hard_declines_and_customers_at_the_checkout_are_never_tried_again(
    shop: Shop, token: str, fields: dict[str, Any]
) -> None:
    allow_retries(shop, 3)

    shop.pays(token=token, **fields)

    assert planned(shop) == []


def test_the_networks_cap_is_asked_again_when_the_time_has_come(shop: Shop) -> None:
    allow_retries(shop, 1)
    intent = shop.pays(token=SOFT, off_session=True)
    # The same card was declined for other payments meanwhile: fifteen in thirty days is Visa's most.
    for _ in range(15):
        shop.pays(token=SOFT)
    last = PaymentAttempt.objects.for_merchant(shop.id).filter(payment_intent_id=intent.id).get()

    again = retry_payment(merchant_id=shop.id, payment_intent_id=intent.id, after_attempt_id=last.id)

    assert getattr(again, "at", None) is not None and again.at > clock.now() + timedelta(days=29)
    assert shop.fresh(intent).latest_attempt_id == last.id


# --- Whatever a person does comes first


def test_nothing_is_tried_for_a_payment_that_was_canceled_meanwhile(
    shop: Shop, unreachable: Callable[[bool], None]
) -> None:
    intent = in_background(shop, unreachable)
    unreachable(False)
    cancel_payment_intent(merchant_id=shop.id, payment_intent_id=intent.id)

    run_retries(shop, seconds=60)

    assert statuses_of_attempts(shop) == [S.NOT_SENT]
    assert shop.psp.books() == {}
    assert planned(shop)[0].outcome == "not tried: moved on"


def test_nothing_is_tried_twice_when_the_caller_confirmed_again_himself(
    shop: Shop, unreachable: Callable[[bool], None]
) -> None:
    intent = in_background(shop, unreachable)
    unreachable(False)
    confirm_payment_intent(merchant_id=shop.id, payment_intent_id=intent.id, attempt_id=new_id())

    run_retries(shop, seconds=60)

    assert statuses_of_attempts(shop) == [S.NOT_SENT, S.SUCCEEDED]
    assert shop.psp.charges() == 1


def test_a_retry_that_runs_twice_opens_one_attempt(shop: Shop, unreachable: Callable[[bool], None]) -> None:
    intent = in_background(shop, unreachable)
    unreachable(False)
    last = intent.latest_attempt_id
    arguments = {"merchant_id": shop.id, "payment_intent_id": intent.id, "after_attempt_id": last}

    first, second = retry_payment(**arguments), retry_payment(**arguments)

    assert (first, second) == ("tried again", "not tried: moved on")
    assert len(statuses_of_attempts(shop)) == 2


def test_a_method_that_was_detached_is_not_charged_any_more(shop: Shop) -> None:
    allow_retries(shop, 1)
    customer = create_customer(merchant_id=shop.id, customer_id=new_id())
    method = shop.method("pm_card_chargeCustomerFail")
    attach_payment_method(merchant_id=shop.id, payment_method_id=method.id, customer_id=customer.id)
    intent = shop.intent(token=None, customer_id=customer.id)
    confirm_payment_intent(
        merchant_id=shop.id,
        payment_intent_id=intent.id,
        attempt_id=new_id(),
        payment_method_id=method.id,
        off_session=True,
    )
    assert len(planned(shop)) == 1
    detach_payment_method(merchant_id=shop.id, payment_method_id=method.id)

    for day in range(1, 5):
        run_retries(shop, seconds=day * 86_400)

    assert statuses_of_attempts(shop) == [S.DECLINED]
    assert planned(shop)[0].outcome.startswith("not tried: ")
