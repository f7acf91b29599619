"""Adyen's card updater: a signed webhook names the token, Adyen is asked what the card is now, the method follows."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import timedelta
from typing import Any

import pytest
import requests
import time_machine
from django.test import Client

from foundation import clock
from foundation.ids import new_id
from foundation.jobs.inline import run_due_jobs
from payments.errors import PspNotConfigured
from payments.models import PaymentMethod, PspToken, PspWebhook
from payments.operations.attach_payment_method import attach_payment_method
from payments.operations.create_customer import create_customer
from payments.queries.psp_orders import open_token
from tests.factories.adyen import HMAC_KEY, MERCHANT_ACCOUNT, open_adyen_shop
from tests.factories.scripted_psp import ScriptedPsp
from tests.factories.shop import Shop

pytestmark = pytest.mark.django_db
EVENT = "payment_method.automatically_updated"


@pytest.fixture
def shop(db: None, psp: ScriptedPsp) -> Shop:
    return open_adyen_shop(psp)


@pytest.fixture
def kept(shop: Shop) -> PspToken:
    """The token of a card that Adyen keeps for a customer."""
    customer = create_customer(merchant_id=shop.id, customer_id=new_id())
    method = shop.method()
    attach_payment_method(merchant_id=shop.id, payment_method_id=method.id, customer_id=customer.id)
    return PspToken.objects.for_merchant(shop.id).get(payment_method_id=method.id)


def network_says(shop: Shop, token: PspToken, **change: Any) -> dict[str, Any]:
    """The networks' updater speaks to Adyen; the webhook that Adyen sends of it."""
    wanted = {"account": shop.psp.key, "merchant_account": MERCHANT_ACCOUNT, "stored": open_token(token)}
    answer = requests.post(f"{shop.psp.base_url}/sandbox/adyen_card_updates", json=wanted | change, timeout=5)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def signed(body: bytes, key: str = HMAC_KEY) -> str:
    return base64.b64encode(hmac.new(bytes.fromhex(key), body, hashlib.sha256).digest()).decode()


def post(shop: Shop, body: bytes, header: str | None = None) -> Any:
    return Client(raise_request_exception=False).post(
        f"/psp/webhooks/{shop.account.public_id}/",
        data=body,
        content_type="application/json",
        headers={"HmacSignature": signed(body) if header is None else header},
    )


def tell(shop: Shop, told: dict[str, Any]) -> None:
    answer = post(shop, json.dumps(told).encode())
    assert (answer.status_code, answer.content) == (200, b"[accepted]"), answer.content
    run_due_jobs()


def method_of(shop: Shop, token: PspToken) -> PaymentMethod:
    return PaymentMethod.objects.for_merchant(shop.id).get(pk=token.payment_method_id)


def results(shop: Shop) -> list[str]:
    rows = PspWebhook.objects.for_merchant(shop.id).order_by("received_at")
    return list(rows.values_list("result", flat=True))


def test_the_method_takes_over_what_the_card_is_now_and_says_so_once(shop: Shop, kept: PspToken) -> None:
    told = network_says(shop, kept, lastFour="1881", expiryMonth="07", expiryYear="2039")

    tell(shop, told)
    tell(shop, told)
    tell(shop, told | {"eventId": "ANOTHERTOLDAGAIN"})

    after = method_of(shop, kept)
    assert (after.last4, after.exp_month, after.exp_year) == ("1881", 7, 2039)
    assert shop.events().count(EVENT) == 1
    assert results(shop) == ["recorded", "known"]


def test_a_token_that_was_disabled_is_not_charged_again(shop: Shop, kept: PspToken) -> None:
    told = network_says(shop, kept, disabled=True)

    tell(shop, told)
    tell(shop, told | {"eventId": "ANOTHERTOLDAGAIN"})

    kept.refresh_from_db()
    assert kept.revoked_at is not None
    assert results(shop) == ["recorded", "known"]
    method = method_of(shop, kept)
    with pytest.raises(PspNotConfigured):
        shop.charges(method, customer_id=method.customer_id, off_session=True)
    assert shop.psp.charges() == 0


def test_while_adyen_can_not_say_what_the_card_is_the_news_waits(shop: Shop, kept: PspToken) -> None:
    told = network_says(shop, kept, lastFour="1881")
    shop.psp.fails("error_before_booking", operation="payment_method", times=1)

    tell(shop, told)
    assert method_of(shop, kept).last4 != "1881"
    with time_machine.travel(clock.now() + timedelta(hours=1)):
        run_due_jobs()

    assert method_of(shop, kept).last4 == "1881"
    assert shop.events().count(EVENT) == 1


@pytest.mark.parametrize("stranger", ["storedPaymentMethodId", "shopperReference"])
def test_a_card_that_is_none_of_ours_changes_nothing(shop: Shop, kept: PspToken, stranger: str) -> None:
    before = method_of(shop, kept).last4
    told = network_says(shop, kept, lastFour="1881")

    tell(shop, told | {"data": told["data"] | {stranger: "NOBODYS"}})

    assert method_of(shop, kept).last4 == before
    assert results(shop) == ["not_ours"]
    assert EVENT not in shop.events()


@pytest.mark.parametrize(
    ("change", "header", "reason"),
    [
        ({}, "", "signature_missing"),
        ({}, signed(b"another body"), "signature_wrong"),
        ({"merchantAccount": "SomebodyElse"}, None, "other_merchant_account"),
        ({"storedPaymentMethodId": None}, None, "body_unreadable"),
        ({"shopperReference": "a\x00b"}, None, "body_unreadable"),
    ],
)
def test_what_adyen_did_not_sign_for_us_is_refused(
    shop: Shop, kept: PspToken, change: dict[str, Any], header: str | None, reason: str
) -> None:
    told = network_says(shop, kept, lastFour="1881")

    answer = post(shop, json.dumps(told | {"data": told["data"] | change}).encode(), header)

    assert (answer.status_code, answer.json()) == (400, {"error": reason})
    assert PspWebhook.objects.for_merchant(shop.id).count() == 0


def test_news_of_a_token_that_was_only_made_is_kept_and_changes_nothing(shop: Shop, kept: PspToken) -> None:
    told = network_says(shop, kept, lastFour="1881")

    tell(shop, told | {"type": "recurring.token.created"})

    assert EVENT not in shop.events()
    assert PspWebhook.objects.for_merchant(shop.id).get().event_type == "recurring.token.created"
