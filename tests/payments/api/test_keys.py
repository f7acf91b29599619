"""Who may ask: keys that read only, for some resources only, expired, revoked, elsewhere, or none at all."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from foundation import clock
from foundation.tenancy.operations import create_api_key, create_merchant, revoke_api_key, roll_api_key
from tests.factories.shop import Shop
from tests.payments.api.conftest import CheckedCaller

pytestmark = pytest.mark.django_db

PAY = "amount=1000&currency=usd&payment_method=pm_card_visa&confirm=true"
CallerWith = Callable[..., CheckedCaller]


def error_of(response: Any) -> tuple[int, str, str]:
    error = response.json()["error"]
    return response.status_code, error["type"], error["code"]


def test_a_key_that_reads_only_can_not_write(shop: Shop, caller_with: CallerWith) -> None:
    paid = shop.pays()
    reader = caller_with(scopes={"*": "read"})
    before = shop.footprint()

    refusals = [
        reader.post("/v1/payment_intents", PAY, key="k1"),
        reader.post("/v1/refunds", f"payment_intent={paid.public_id}", key="k2"),
        reader.post(f"/v1/payment_intents/{paid.public_id}", "description=x"),
        reader.delete("/v1/customers/cus_1"),
    ]

    assert {error_of(response) for response in refusals} == {
        (403, "invalid_request_error", "insufficient_scope")
    }
    assert shop.footprint() == before
    assert reader.get(f"/v1/payment_intents/{paid.public_id}").status_code == 200


def test_a_key_for_payments_can_not_refund_and_one_for_refunds_can_not_pay(
    shop: Shop, caller_with: CallerWith
) -> None:
    paid = shop.pays()
    payer = caller_with(scopes={"payments": "write"})
    refunder = caller_with(scopes={"refunds": "write", "payments": "read"})

    assert payer.post("/v1/payment_intents", PAY).status_code == 200
    assert error_of(payer.post("/v1/refunds", f"payment_intent={paid.public_id}"))[2] == "insufficient_scope"
    assert error_of(payer.get("/v1/balance"))[2] == "insufficient_scope"
    assert error_of(refunder.post("/v1/payment_intents", PAY))[2] == "insufficient_scope"
    assert refunder.get("/v1/charges").status_code == 200
    assert refunder.post("/v1/refunds", f"payment_intent={paid.public_id}&amount=1").status_code == 200


def test_an_expired_a_revoked_and_a_rolled_key_are_refused(shop: Shop, caller_with: CallerWith) -> None:
    expired = caller_with(expires_at=clock.now() - timedelta(seconds=1))
    revoked, rolled = create_api_key(merchant_id=shop.id), create_api_key(merchant_id=shop.id)
    revoke_api_key(merchant_id=shop.id, api_key_id=revoked.key.id)
    roll_api_key(merchant_id=shop.id, api_key_id=rolled.key.id)

    refusals = [
        caller.post("/v1/payment_intents", PAY, key="k1")
        for caller in (expired, CheckedCaller(revoked.secret), CheckedCaller(rolled.secret))
    ]

    assert {error_of(response) for response in refusals} == {
        (401, "invalid_request_error", "api_key_expired")
    }
    assert [response.headers["WWW-Authenticate"] for response in refusals] == ['Bearer realm="API"'] * 3
    assert shop.events() == []


def test_a_key_is_refused_from_another_network(caller_with: CallerWith) -> None:
    elsewhere = caller_with(allowed_networks=["10.0.0.0/8", "2001:db8::/32"])
    here = caller_with(allowed_networks=["127.0.0.0/8"])

    assert error_of(elsewhere.get("/v1/account")) == (403, "invalid_request_error", "network_not_allowed")
    assert here.get("/v1/account").status_code == 200


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        ("", "api_key_missing"),
        ("Bearer ", "api_key_missing"),
        ("Digest sk_test_x", "api_key_missing"),
        ("Basic %%%", "api_key_missing"),
        ("Bearer sk_test_short", "api_key_invalid"),
        (f"Bearer sk_test_{'a' * 43}", "api_key_invalid"),
        (f"Bearer sk_live_{'a' * 43}", "api_key_invalid"),
        (f"Bearer pk_test_{'a' * 43}", "secret_key_required"),
        ("Bearer ' OR 1=1 --", "api_key_invalid"),
    ],
)
def test_a_bad_key_is_refused_before_anything_is_read(shop: Shop, authorization: str, code: str) -> None:
    response = Client(raise_request_exception=False).post(
        "/v1/payment_intents",
        data=PAY,
        content_type="application/x-www-form-urlencoded",
        headers={"Authorization": authorization, "Idempotency-Key": "k1"} if authorization else {},
    )

    assert error_of(response) == (401, "invalid_request_error", code)
    assert "a" * 20 not in response.content.decode()


def test_the_key_as_user_name_of_basic_authentication_is_accepted(api: CheckedCaller) -> None:
    credentials = b64encode(f"{api.secret}:".encode()).decode()

    response = Client().get("/v1/account", headers={"Authorization": f"Basic {credentials}"})

    assert response.status_code == 200


def test_a_live_merchant_takes_no_test_tokens_and_shows_livemode(db: None) -> None:
    live = create_merchant(name="Live shop", currency="usd", livemode=True)
    issued = create_api_key(merchant_id=live.id)
    caller = CheckedCaller(issued.secret)

    refusal = caller.post("/v1/payment_intents", PAY)

    assert issued.secret.startswith("sk_live_")
    assert error_of(refusal) == (404, "invalid_request_error", "resource_missing")
    assert refusal.json()["error"]["param"] == "payment_method"
    assert caller.post_form("/v1/customers", name="Ada")["livemode"] is True


def test_a_key_of_one_mode_does_not_act_for_a_merchant_of_the_other(shop: Shop, api: CheckedCaller) -> None:
    live = create_merchant(name="Live shop", currency="usd", livemode=True)
    stranger = create_merchant(name="Stranger", currency="usd")

    for merchant in (live, stranger):
        refusal = api.get("/v1/account", Stripe_Account=merchant.public_id)
        assert error_of(refusal) == (403, "invalid_request_error", "account_invalid")
