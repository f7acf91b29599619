"""Customers whom Adyen sends to their bank or a lender: paid when the bank says so, whether they come back or not."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from payments.models import AttemptStatus, IntentStatus, PaymentIntent
from payments.psp.methods import REDIRECTS
from payments.psp.sandbox.sandbox import Sandbox
from tests.factories.adyen import bank_token, comes_back, item_of, open_adyen_shop, tell, told
from tests.factories.books import assert_all_decided, assert_books_agree, statuses_of_attempts
from tests.factories.later import look_after
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop
from tests.payments.psp.contract.faces import BANK_CURRENCIES

pytestmark = pytest.mark.django_db

OFFER_IS_OVER = 2 * 3_600 + 60


@pytest.fixture
def shop(db: None, sandbox: Sandbox) -> Iterator[Shop]:
    psp = ScriptedPsp(sandbox, key=f"AQE{new_id().hex}")
    yield open_adyen_shop(psp, deadline_seconds=1)
    psp.heals()


def pays(shop: Shop, method_type: str, **fields: Any) -> PaymentIntent:
    return shop.pays(10_00, BANK_CURRENCIES[method_type], token=bank_token(method_type), **fields)


def news_arrives(shop: Shop) -> None:
    """Everything that Adyen has told so far, once more."""
    tell(shop, *told(shop.psp))
    run_due_jobs()


def page_of(intent: PaymentIntent) -> str:
    assert intent.next_action is not None
    return str(intent.next_action["redirect_to_url"]["url"])


@pytest.mark.parametrize("method_type", REDIRECTS)
@pytest.mark.parametrize("passed", [True, False])
def test_customer_is_sent_away_comes_back_and_is_told(shop: Shop, method_type: str, passed: bool) -> None:
    intent = pays(shop, method_type)
    assert intent.status == IntentStatus.REQUIRES_ACTION

    came = Client().get(
        f"/psp/returns/{shop.attempt(intent).public_id}/",
        {"redirectResult": comes_back(shop.psp, page_of(intent), passed=passed)},
    )

    assert f"redirect_status={'succeeded' if passed else 'failed'}" in came["Location"]
    news_arrives(shop)
    wanted = IntentStatus.SUCCEEDED if passed else IntentStatus.REQUIRES_PAYMENT_METHOD
    assert shop.fresh(intent).status == wanted
    assert_all_decided(shop)
    assert shop.cases() == []
    assert_books_agree(shop)


@pytest.mark.parametrize("method_type", REDIRECTS)
def test_customer_who_paid_and_closed_the_page_has_paid_once(shop: Shop, method_type: str) -> None:
    intent = pays(shop, method_type)
    brought = comes_back(shop.psp, page_of(intent))

    news_arrives(shop)
    assert shop.fresh(intent).status == IntentStatus.SUCCEEDED
    Client().get(f"/psp/returns/{shop.attempt(intent).public_id}/", {"redirectResult": brought})

    assert shop.psp.charges(intent.currency) == 1
    assert_books_agree(shop)


def test_customer_at_their_bank_is_not_disturbed_by_news_that_it_is_pending(shop: Shop) -> None:
    intent = pays(shop, "ideal")

    tell(shop, item_of("PENDING", merchantReference=shop.attempt(intent).psp_key, pspReference="A"))
    run_due_jobs()

    assert shop.attempt(intent).status == AttemptStatus.REQUIRES_ACTION
    assert page_of(shop.fresh(intent))


def test_offer_that_nobody_took_up_is_closed(shop: Shop) -> None:
    intent = pays(shop, "ideal")

    shop.psp.time_passes(seconds=OFFER_IS_OVER)
    news_arrives(shop)

    fresh = shop.fresh(intent)
    assert fresh.status == IntentStatus.REQUIRES_PAYMENT_METHOD
    assert fresh.last_payment_error["code"] == "payment_intent_payment_attempt_expired"
    assert statuses_of_attempts(shop) == [AttemptStatus.DECLINED]
    assert_books_agree(shop)


def test_payment_after_a_closed_offer_comes_before_a_person(shop: Shop) -> None:
    intent = pays(shop, "ideal")
    shop.psp.time_passes(seconds=OFFER_IS_OVER)
    news_arrives(shop)
    attempt = shop.attempt(intent)

    tell(
        shop,
        item_of(
            "AUTHORISATION",
            merchantReference=attempt.psp_key,
            pspReference=attempt.psp_reference,
            amount={"currency": "EUR", "value": 10_00},
        ),
    )
    run_due_jobs()

    assert [kind for kind, _, _ in shop.cases()] == ["contradiction"]


def test_customer_who_walks_away_is_let_go_by_our_cancel(shop: Shop) -> None:
    intent = pays(shop, "klarna")

    look_after(25 * 3_600)
    shop.psp.time_passes(seconds=26 * 3_600)
    tell(shop, *told(shop.psp, "TECHNICAL_CANCEL", "CANCELLATION"))
    run_due_jobs()

    assert not shop.attempt(intent).is_live
    assert_books_agree(shop)


def test_klarna_is_held_and_captured_when_the_goods_leave(shop: Shop) -> None:
    intent = pays(shop, "klarna", capture_method="manual")
    Client().get(
        f"/psp/returns/{shop.attempt(intent).public_id}/",
        {"redirectResult": comes_back(shop.psp, page_of(intent))},
    )
    assert shop.fresh(intent).status == IntentStatus.REQUIRES_CAPTURE
    assert_books_agree(shop)

    shop.captures(shop.fresh(intent), 8_00)
    shop.psp.time_passes(seconds=3)
    news_arrives(shop)

    assert shop.fresh(intent).amount_received_minor == 8_00
    assert_books_agree(shop)
