"""The API where money moves: the same key, a PSP that is away, and what a caller is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import stripe

from foundation.jobs.inline import run_due_jobs
from foundation.tenancy.operations import create_api_key
from payments.models import AttemptStatus, PaymentIntent
from tests.factories.books import assert_books_agree, statuses_of_attempts
from tests.factories.later import DAY_SECONDS, look_after
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop, open_shop
from tests.foundation.conftest import ApiCaller

PAY = "amount=1000&currency=usd&payment_method=pm_card_visa&confirm=true"


def test_payment_is_created_and_confirmed(shop: Shop, api: ApiCaller) -> None:
    answer = api.post("/v1/payment_intents", PAY, key="k1")

    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["amount_received"]) == ("succeeded", 1000)
    assert_books_agree(shop)


def test_same_key_gives_the_same_bytes_and_one_charge(shop: Shop, api: ApiCaller) -> None:
    first = api.post("/v1/payment_intents", PAY, key="k1")
    before = shop.footprint()

    again = api.post("/v1/payment_intents", PAY, key="k1")

    assert again.content == first.content
    assert again.headers["Idempotent-Replayed"] == "true"
    assert shop.footprint() == before


def test_same_key_with_another_body_is_refused(shop: Shop, api: ApiCaller) -> None:
    api.post("/v1/payment_intents", PAY, key="k1")
    before = shop.footprint()

    answer = api.post("/v1/payment_intents", PAY.replace("1000", "2000"), key="k1")

    assert (answer.status_code, answer.json()["error"]["type"]) == (400, "idempotency_error")
    assert shop.footprint() == before


def test_decline_is_402_with_the_payment_inside_and_its_repeat_charges_nothing(
    shop: Shop, api: ApiCaller
) -> None:
    body = PAY.replace("pm_card_visa", "pm_card_chargeDeclinedInsufficientFunds")

    answers = [api.post("/v1/payment_intents", body, key="k1") for _ in range(2)]

    error = answers[0].json()["error"]
    assert [answer.status_code for answer in answers] == [402, 402]
    assert (error["type"], error["code"], error["decline_code"]) == (
        "card_error",
        "card_declined",
        "insufficient_funds",
    )
    assert error["payment_intent"]["status"] == "requires_payment_method"
    assert answers[0].content == answers[1].content
    assert statuses_of_attempts(shop) == [AttemptStatus.DECLINED]


def test_unreachable_psp_is_503_and_the_same_key_pays_once_it_is_back(
    shop: Shop, api: ApiCaller, unreachable: Callable[[bool], None]
) -> None:
    method = shop.method().public_id
    body = PAY.replace("pm_card_visa", method)
    unreachable(True)

    away = [api.post("/v1/payment_intents", body, key="k1") for _ in range(2)]
    for answer in away:
        assert (answer.status_code, answer.json()["error"]["code"]) == (503, "psp_unavailable")
        assert answer.headers["Stripe-Should-Retry"] == "true"
        assert answer.json()["error"]["payment_intent"]["status"] == "requires_confirmation"
    assert shop.psp.charges() == 0
    unreachable(False)
    back = api.post("/v1/payment_intents", body, key="k1")

    assert (back.status_code, back.json()["status"]) == (200, "succeeded")
    assert back.json()["id"] == away[0].json()["error"]["payment_intent"]["id"]
    assert PaymentIntent.objects.for_merchant(shop.id).count() == 1
    assert shop.psp.charges() == 1
    assert api.post("/v1/payment_intents", body, key="k1").content == back.content
    assert_books_agree(shop)


def test_unreachable_psp_at_a_confirmation_and_the_same_key_pays_once_it_is_back(
    shop: Shop, api: ApiCaller, unreachable: Callable[[bool], None]
) -> None:
    path = f"/v1/payment_intents/{shop.intent().public_id}/confirm"
    unreachable(True)
    away = api.post(path, key="k1")
    assert (away.status_code, away.json()["error"]["code"]) == (503, "psp_unavailable")
    unreachable(False)

    back = api.post(path, key="k1")

    assert (back.status_code, back.json()["status"]) == (200, "succeeded")
    assert shop.psp.charges() == 1


def test_unreachable_psp_at_a_capture_and_the_same_key_captures_once_it_is_back(
    shop: Shop, api: ApiCaller, unreachable: Callable[[bool], None]
) -> None:
    path = f"/v1/payment_intents/{shop.authorizes(10_00).public_id}/capture"
    unreachable(True)
    away = api.post(path, "amount_to_capture=700", key="k1")
    assert (away.status_code, away.json()["error"]["code"]) == (503, "psp_unavailable")
    unreachable(False)

    back = api.post(path, "amount_to_capture=700", key="k1")

    assert (back.status_code, back.json()["amount_received"]) == (200, 700)
    assert shop.psp.charges() == 1
    assert_books_agree(shop)


def test_capture_that_the_psp_refused_is_not_answered_as_done(shop: Shop, api: ApiCaller) -> None:
    intent = shop.authorizes(10_00)
    shop.psp.time_passes(seconds=7 * DAY_SECONDS + 60)

    answer = api.post(f"/v1/payment_intents/{intent.public_id}/capture")

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "payment_intent_unexpected_state")
    assert shop.ledger("income/sales") == 0


def test_cancel_that_the_psp_refused_is_not_answered_as_done(shop: Shop, api: ApiCaller) -> None:
    intent = shop.authorizes(10_00)
    at_psp = stripe.StripeClient(shop.psp.key, base_addresses={"api": shop.psp.base_url})
    at_psp.v1.payment_intents.capture(shop.attempt(intent).psp_reference)

    answer = api.post(f"/v1/payment_intents/{intent.public_id}/cancel")

    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "payment_intent_unexpected_state")
    assert shop.fresh(intent).status == "requires_capture"


def test_unknown_outcome_is_answered_as_processing_and_read_later(shop: Shop, api: ApiCaller) -> None:
    shop.psp.fails("error_after_booking")

    answer = api.post("/v1/payment_intents", PAY, key="k1")
    assert (answer.status_code, answer.json()["status"]) == (200, "processing")
    look_after(11)

    read = api.get(f"/v1/payment_intents/{answer.json()['id']}").json()
    assert (read["status"], read["amount_received"]) == ("succeeded", 1000)
    assert api.post("/v1/payment_intents", PAY, key="k1").json()["status"] == "processing"
    assert shop.psp.charges() == 1


def test_respond_async_leaves_the_call_to_a_worker(shop: Shop, api: ApiCaller) -> None:
    answer = api.post("/v1/payment_intents", PAY, key="k1", Prefer="respond-async")
    assert (answer.json()["status"], shop.psp.charges()) == ("processing", 0)

    run_due_jobs()

    assert api.get(f"/v1/payment_intents/{answer.json()['id']}").json()["status"] == "succeeded"


@pytest.mark.parametrize("movement", ["capture", "refund", "cancel"])
def test_movement_with_the_same_key_happens_once(shop: Shop, api: ApiCaller, movement: str) -> None:
    path, body = {
        "capture": lambda: (
            f"/v1/payment_intents/{shop.authorizes().public_id}/capture",
            "amount_to_capture=700",
        ),
        "refund": lambda: ("/v1/refunds", f"payment_intent={shop.pays().public_id}&amount=300"),
        "cancel": lambda: (f"/v1/payment_intents/{shop.authorizes().public_id}/cancel", ""),
    }[movement]()
    first = api.post(path, body, key="k1")
    before = shop.footprint()

    again = api.post(path, body, key="k1")

    assert first.status_code == 200
    assert again.content == first.content
    assert shop.footprint() == before
    assert_books_agree(shop)


@pytest.mark.parametrize("path", ["", "/capture", "/confirm", "/cancel"])
def test_payment_of_another_merchant_answers_like_an_absent_one(shop: Shop, sandbox: Any, path: str) -> None:
    other = open_shop(ScriptedPsp(sandbox, key="sk_test_other_merchant"), name="Coffee shop")
    intruder = ApiCaller(create_api_key(merchant_id=other.id).secret)
    intent = shop.authorizes()
    before = shop.footprint()
    absent = f"{intent.public_id[:-4]}0000"

    answers = [
        intruder.post(f"/v1/payment_intents/{id_}{path}", "metadata[a]=b" if not path else "")
        for id_ in (intent.public_id, absent)
    ]

    assert [answer.status_code for answer in answers] == [404, 404]
    assert {answer.json()["error"]["code"] for answer in answers} == {"resource_missing"}
    assert shop.footprint() == before


def test_refund_of_another_merchants_payment_answers_like_an_absent_one(shop: Shop, sandbox: Any) -> None:
    other = open_shop(ScriptedPsp(sandbox, key="sk_test_other_merchant"), name="Coffee shop")
    intruder = ApiCaller(create_api_key(merchant_id=other.id).secret)
    intent = shop.pays()
    before = shop.footprint()

    by_intent = intruder.post("/v1/refunds", f"payment_intent={intent.public_id}")
    by_charge = intruder.post("/v1/refunds", f"charge={shop.attempt(intent).public_id}")

    assert [by_intent.status_code, by_charge.status_code] == [404, 404]
    assert shop.footprint() == before
