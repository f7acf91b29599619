"""Headers that change how a request runs: Prefer, Stripe-Version, Idempotency-Key."""

from __future__ import annotations

import pytest

from foundation.context import current
from foundation.idempotency import store
from foundation.idempotency.models import IdempotencyKey
from foundation.idempotency.runner import request_hash
from foundation.jobs.inline import run_due_jobs
from tests.factories.shop import Shop
from tests.payments.api.conftest import CheckedCaller

pytestmark = pytest.mark.django_db

PI = "/v1/payment_intents"
PAY = "amount=1000&currency=usd&payment_method=pm_card_visa&confirm=true"


def test_respond_async_answers_processing_and_a_worker_pays(shop: Shop, api: CheckedCaller) -> None:
    answer = api.post(PI, PAY, key="k1", Prefer="respond-async").json()
    charges_before = shop.psp.charges()
    run_due_jobs()

    assert (answer["status"], charges_before) == ("processing", 0)
    assert api.get(f"{PI}/{answer['id']}").json()["status"] == "succeeded"
    assert shop.psp.charges() == 1
    assert api.post(PI, PAY, key="k1", Prefer="respond-async").json() == answer


def test_respond_async_confirms_and_refunds_later_too(shop: Shop, api: CheckedCaller) -> None:
    intent = shop.intent()

    confirmed = api.post(f"{PI}/{intent.public_id}/confirm", Prefer="respond-async; wait=10").json()
    run_due_jobs()
    refund = api.post("/v1/refunds", f"payment_intent={intent.public_id}", Prefer="respond-async").json()
    refunds_before = shop.psp.refunds()
    run_due_jobs()

    assert (confirmed["status"], refund["status"], refunds_before) == ("processing", "pending", 0)
    assert api.get(f"/v1/refunds/{refund['id']}").json()["status"] == "succeeded"


def test_a_decline_in_the_background_is_told_by_the_intent(shop: Shop, api: CheckedCaller) -> None:
    answer = api.post(PI, PAY.replace("visa", "chargeDeclined"), Prefer="respond-async").json()
    run_due_jobs()

    later = api.get(f"{PI}/{answer['id']}").json()
    assert (answer["status"], later["status"]) == ("processing", "requires_payment_method")
    assert later["last_payment_error"]["decline_code"] == "generic_decline"


@pytest.mark.parametrize("version", ["2026-10-28.endive", "2026-09-30.dahlia"])
def test_a_served_version_is_spoken(version: str, shop: Shop, api: CheckedCaller) -> None:
    response = api.post(PI, PAY, Stripe_Version=version)

    assert (response.status_code, response.headers["Stripe-Version"]) == (200, version)


@pytest.mark.parametrize("version", ["2020-08-27", "2026-10-28", "latest", "2027-01-01.fig"])
def test_another_version_is_refused_and_nothing_happens(version: str, shop: Shop, api: CheckedCaller) -> None:
    before = shop.footprint()

    response = api.post(PI, PAY, key="k1", Stripe_Version=version)

    assert (response.status_code, response.json()["error"]["code"]) == (400, "api_version_unsupported")
    assert shop.footprint() == before
    assert IdempotencyKey.objects.for_merchant(shop.id).count() == 0


def test_a_refusal_after_the_parameters_is_replayed_and_one_of_them_is_not(
    shop: Shop, api: CheckedCaller
) -> None:
    paid = shop.pays()
    beyond = f"payment_intent={paid.public_id}&amount=1001"

    first = api.post("/v1/refunds", beyond, key="k1")
    again = api.post("/v1/refunds", beyond, key="k1")
    invalid = api.post("/v1/refunds", "amount=0", key="k2")
    mended = api.post("/v1/refunds", f"payment_intent={paid.public_id}&amount=1", key="k2")

    assert (first.status_code, again.headers["Idempotent-Replayed"]) == (400, "true")
    assert again.content == first.content
    assert (invalid.status_code, mended.status_code) == (400, 200)


def test_the_order_and_encoding_of_parameters_do_not_make_another_request(
    shop: Shop, api: CheckedCaller
) -> None:
    first = api.post(PI, "amount=1000&currency=usd&metadata[a]=b", key="k1")
    again = api.post(PI, "metadata%5Ba%5D=b&currency=usd&amount=1000", key="k1")

    assert again.content == first.content
    assert again.headers["Idempotency-Key"] == "k1"


@pytest.mark.parametrize("change", ["amount=2000&currency=usd", "amount=1000&currency=eur", ""])
def test_another_request_under_the_same_key_is_refused(change: str, shop: Shop, api: CheckedCaller) -> None:
    api.post(PI, "amount=1000&currency=usd", key="k1")
    before = shop.footprint()

    response = api.post(PI, change, key="k1")

    assert (response.status_code, response.json()["error"]["code"]) == (400, "idempotency_key_reused")
    assert shop.footprint() == before


def test_a_key_in_flight_answers_409_and_may_be_retried(shop: Shop, api: CheckedCaller) -> None:
    parameters = {"amount": "1000", "currency": "usd"}
    store.claim_new(
        store.Fingerprint(
            merchant_id=shop.id,
            key="k1",
            method="POST",
            path=PI,
            request_hash=request_hash("POST", PI, parameters),
            request_id=current().request_id,
        )
    )

    response = api.post(PI, "amount=1000&currency=usd", key="k1")

    assert (response.status_code, response.json()["error"]["code"]) == (409, "idempotency_key_in_use")
    assert response.headers["Stripe-Should-Retry"] == "true"
    assert shop.events() == []


@pytest.mark.parametrize(
    ("key", "code"),
    [
        ("k" * 256, "idempotency_key_invalid"),
        ("tab\there", "idempotency_key_invalid"),
        ("käse", "idempotency_key_invalid"),
        ("4242424242424242", "pan_refused"),
    ],
)
def test_a_key_that_can_not_be_stored_is_refused(key: str, code: str, shop: Shop, api: CheckedCaller) -> None:
    response = api.post(PI, "amount=1000&currency=usd", key=key)

    assert (response.status_code, response.json()["error"]["code"]) == (400, code)
    assert "Idempotency-Key" not in response.headers
    assert shop.events() == []
