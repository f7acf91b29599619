"""A customer who went away is not waited for without end."""

from __future__ import annotations

import pytest
from django.test import override_settings

from foundation.ids import new_id
from payments.models import AttemptStatus, IntentStatus, SetupIntentStatus
from payments.operations.confirm_setup_intent import confirm_setup_intent
from payments.operations.create_setup_intent import create_setup_intent
from payments.queries.setup_intents import get_setup_intent
from tests.factories.books import assert_all_decided, assert_books_agree
from tests.factories.later import look_after
from tests.factories.shop import Shop

HOURS = 2
OVER = HOURS * 3_600 + 30


@pytest.fixture(autouse=True)
def two_hours() -> object:
    with override_settings(ABANDONED_ACTION_HOURS=HOURS):
        yield


def test_abandoned_challenge_is_canceled_at_the_psp_when_its_time_is_over(shop: Shop) -> None:
    intent = shop.pays(10_00, token="pm_card_authenticationRequired")

    look_after(OVER - 120)
    assert shop.attempt(intent).status == AttemptStatus.REQUIRES_ACTION
    look_after(OVER)

    fresh = shop.fresh(intent)
    assert (fresh.status, fresh.cancellation_reason) == (IntentStatus.CANCELED, "abandoned")
    assert shop.attempt(intent).next_check_at is None
    assert shop.psp.charges() == 0
    assert_all_decided(shop)
    assert_books_agree(shop)


def test_look_comes_when_the_time_is_over_and_not_a_day_later(shop: Shop) -> None:
    intent = shop.pays(10_00, token="pm_card_authenticationRequired")

    look_after(4_000)

    attempt = shop.attempt(intent)
    assert attempt.next_check_at is not None and attempt.submitted_at is not None
    assert (attempt.next_check_at - attempt.submitted_at).total_seconds() <= HOURS * 3_600


def test_customer_who_paid_in_the_last_moment_is_not_canceled(shop: Shop) -> None:
    intent = shop.pays(10_00, token="pm_card_authenticationRequired")
    assert intent.next_action is not None
    shop.psp.completes_challenge(intent.next_action["redirect_to_url"]["url"])

    look_after(OVER)

    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    assert shop.psp.charges() == 1
    assert_books_agree(shop)


def test_psp_that_does_not_let_go_puts_it_before_a_person(shop: Shop) -> None:
    intent = shop.pays(10_00, token="pm_card_authenticationRequired")
    shop.psp.fails("error_before_booking", operation="cancel", times=50)

    look_after(OVER)
    assert shop.attempt(intent).void_requested_at is not None
    look_after(OVER + 4_000)
    look_after(OVER + 90_000)

    assert [(kind, about) for kind, about, _ in shop.cases()] == [("in_doubt", "void")]


def test_abandoned_setup_ends_and_nothing_is_asked_any_more(shop: Shop) -> None:
    setup = create_setup_intent(
        merchant_id=shop.id,
        setup_intent_id=new_id(),
        payment_method_id=shop.method("pm_card_authenticationRequired").id,
    )
    confirm_setup_intent(merchant_id=shop.id, setup_intent_id=setup.id, confirmation_id=new_id())

    look_after(OVER)

    fresh = get_setup_intent(merchant_id=shop.id, setup_intent_id=setup.id)
    assert (fresh.status, fresh.cancellation_reason) == (SetupIntentStatus.CANCELED, "abandoned")
    assert fresh.next_check_at is None
