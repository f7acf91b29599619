"""The official Python SDK pages, expands, repeats under a key, and verifies webhooks."""

from __future__ import annotations

import json
from typing import Any

import pytest
import standardwebhooks
import stripe

from foundation.tenancy.operations import create_api_key, create_merchant
from payments.models import PaymentIntent
from tests.factories.shop import Shop
from tests.foundation.webhooks.receiver import Received, Receiver
from tests.stories.sdk.conftest import CheckedTransport, deliver_webhooks
from tests.stripe_shapes import answer_errors

pytestmark = pytest.mark.django_db(transaction=True)

PAID = {"amount": 1_000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}


def test_pages_follow_each_other_in_both_directions(sdk: stripe.StripeClient) -> None:
    made = [sdk.v1.customers.create({"name": f"Customer {number}"}).id for number in range(7)]

    newest_first = [row.id for row in sdk.v1.customers.list({"limit": 2}).auto_paging_iter()]
    back = sdk.v1.customers.list({"limit": 3, "ending_before": made[0]})
    backwards = [row.id for row in back.auto_paging_iter()]
    page = sdk.v1.customers.list({"limit": 3, "starting_after": made[5]})

    assert newest_first == made[::-1]
    assert backwards == made[1:]
    assert ([row.id for row in page.data], page.has_more) == ([made[4], made[3], made[2]], True)


def test_objects_are_expanded_in_place_to_the_fourth_level(sdk: stripe.StripeClient) -> None:
    customer = sdk.v1.customers.create({"name": "Ada"})

    paid = sdk.v1.payment_intents.create(
        {**PAID, "customer": customer.id, "expand": ["latest_charge.balance_transaction", "customer"]}
    )
    refund = sdk.v1.refunds.create({"payment_intent": paid.id})
    listed = sdk.v1.refunds.list({"expand": ["data.charge.payment_intent.customer"]})

    assert isinstance(paid.customer, stripe.Customer) and paid.customer.name == "Ada"
    charge = paid.latest_charge
    assert isinstance(charge, stripe.Charge)
    assert isinstance(charge.balance_transaction, stripe.BalanceTransaction)
    assert (charge.balance_transaction.amount, charge.balance_transaction.fee) == (1_000, 59)
    (row,) = listed.data
    assert row.id == refund.id and isinstance(row.charge, stripe.Charge)
    assert isinstance(row.charge.payment_intent, stripe.PaymentIntent)
    assert isinstance(row.charge.payment_intent.customer, stripe.Customer)
    assert row.charge.payment_intent.customer.id == customer.id


@pytest.mark.parametrize("path", ["latest_charge.nothing", "amount", "payment_method.nothing"])
def test_what_can_not_be_expanded_is_refused(sdk: stripe.StripeClient, shop: Shop, path: str) -> None:
    paid = shop.pays()

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        sdk.v1.payment_intents.retrieve(paid.public_id, {"expand": [path]})

    assert (refusal.value.http_status, refusal.value.param) == (400, "expand")


def test_the_same_key_pays_once_and_answers_with_the_same_bytes(sdk: stripe.StripeClient, shop: Shop) -> None:
    first = sdk.v1.payment_intents.create(PAID, {"idempotency_key": "order-7"})
    again = sdk.v1.payment_intents.create(PAID, {"idempotency_key": "order-7"})

    assert again.last_response.body == first.last_response.body
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert again.last_response.headers["Original-Request"] == first.last_response.request_id
    assert PaymentIntent.objects.for_merchant(shop.id).count() == 1
    assert shop.psp.charges() == 1


def test_a_decline_is_repeated_under_its_key_not_tried_again(sdk: stripe.StripeClient, shop: Shop) -> None:
    declined = {**PAID, "payment_method": "pm_card_chargeDeclined"}
    bodies = []

    for _ in range(2):
        with pytest.raises(stripe.CardError) as refusal:
            sdk.v1.payment_intents.create(declined, {"idempotency_key": "order-7"})
        bodies.append(refusal.value.http_body)

    assert bodies[0] == bodies[1]
    assert PaymentIntent.objects.for_merchant(shop.id).count() == 1


def test_another_request_under_a_used_key_is_an_idempotency_error(
    sdk: stripe.StripeClient, shop: Shop
) -> None:
    sdk.v1.payment_intents.create(PAID, {"idempotency_key": "order-7"})
    before = shop.footprint()

    with pytest.raises(stripe.IdempotencyError) as refusal:
        sdk.v1.payment_intents.create({**PAID, "amount": 999}, {"idempotency_key": "order-7"})

    assert refusal.value.http_status == 400
    assert refusal.value.error is not None and refusal.value.error.code == "idempotency_key_reused"
    assert shop.footprint() == before


def test_a_webhook_verifies_in_both_schemes_and_is_the_event_that_the_api_shows(
    sdk: stripe.StripeClient, receiver: Receiver
) -> None:
    endpoint = sdk.v1.webhook_endpoints.create(
        {"url": receiver.url, "enabled_events": ["payment_intent.succeeded", "charge.succeeded"]}
    )
    paid = sdk.v1.payment_intents.create(PAID, {"idempotency_key": "order-7"})

    deliver_webhooks()

    received = {json.loads(request.body)["type"]: request for request in receiver.received}
    assert sorted(received) == ["charge.succeeded", "payment_intent.succeeded"]
    request = received["payment_intent.succeeded"]
    secret = str(endpoint.secret)
    event = stripe.Webhook.construct_event(request.body, request.headers["Stripe-Signature"], secret)
    assert standardwebhooks.Webhook(secret).verify(request.body, dict(request.headers))["id"] == event.id
    assert event.data.object["id"] == paid.id
    assert event.request is not None and event.request.idempotency_key == "order-7"
    assert event.request.id == paid.last_response.request_id
    assert answer_errors(json.loads(request.body)) == []
    shown = sdk.v1.events.retrieve(event.id)
    assert shown.data.object.to_dict() == paid.to_dict()
    charge = sdk.v1.charges.retrieve(str(paid.latest_charge))
    assert json.loads(received["charge.succeeded"].body)["data"]["object"] == charge.to_dict()


def test_a_forged_webhook_verifies_in_neither_scheme(sdk: stripe.StripeClient, receiver: Receiver) -> None:
    endpoint = sdk.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["customer.created"]})
    sdk.v1.customers.create({"name": "Ada"})
    deliver_webhooks()
    (genuine,) = receiver.received

    forged = Received(genuine.path, genuine.headers, genuine.body.replace(b"Ada", b"Bob"))

    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(forged.body, forged.headers["Stripe-Signature"], str(endpoint.secret))
    with pytest.raises(standardwebhooks.WebhookVerificationError):
        standardwebhooks.Webhook(str(endpoint.secret)).verify(forged.body, dict(forged.headers))


def test_a_customer_is_made_changed_unset_listed_and_deleted(sdk: stripe.StripeClient) -> None:
    address = {"line1": "Street 1", "city": "Graz", "country": "AT", "postal_code": "8010"}
    made = sdk.v1.customers.create(
        {
            "email": "ada@example.com",
            "phone": "+43 1 234",
            "address": address,
            "shipping": {"name": "Ada", "address": address},
            "payment_method": "pm_card_mastercard",
            "preferred_locales": ["de", "en"],
            "metadata": {"tier": "gold", "since": "2020"},
        }
    )
    (method,) = sdk.v1.customers.payment_methods.list(made.id).data

    changed = sdk.v1.customers.update(
        made.id,
        {
            "phone": "",
            "shipping": "",
            "metadata": {"tier": ""},
            "invoice_settings": {"default_payment_method": method.id},
        },
    )
    found = sdk.v1.customers.list({"email": "ada@example.com"})
    one = sdk.v1.customers.payment_methods.retrieve(made.id, method.id)
    deleted = sdk.v1.customers.delete(made.id)
    gone = sdk.v1.customers.retrieve(made.id)

    assert (method.card is not None and method.card.brand, method.customer) == ("mastercard", made.id)
    assert (changed.phone, changed.shipping) == (None, None)
    assert changed.metadata is not None and changed.metadata.to_dict() == {"since": "2020"}
    assert changed.invoice_settings is not None
    assert changed.invoice_settings.default_payment_method == method.id == one.id
    assert [row.id for row in found] == [made.id]
    assert (deleted.deleted, gone.deleted) == (True, True)
    assert sdk.v1.customers.list().data == []
    assert sdk.v1.payment_methods.retrieve(method.id).customer is None


def test_the_older_style_of_module_level_calls_works_too(
    live_server: Any, secret: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"api_key": secret, "api_base": live_server.url, "max_network_retries": 0}.items():
        monkeypatch.setattr(stripe, name, value)
    monkeypatch.setattr(stripe, "default_http_client", CheckedTransport())

    customers = [stripe.Customer.create(name=f"Customer {number}") for number in range(3)]
    paid = stripe.PaymentIntent.create(
        amount=1_000, currency="usd", payment_method="pm_card_visa", customer=customers[0].id, confirm=True
    )
    refund = stripe.Refund.create(payment_intent=paid.id, amount=250)
    renamed = stripe.Customer.modify(customers[0].id, name="Ada")
    with pytest.raises(stripe.CardError) as refusal:
        stripe.PaymentIntent.create(
            amount=1_000, currency="usd", payment_method="pm_card_chargeDeclined", confirm=True
        )

    assert stripe.Account.retrieve().default_currency == "usd"
    assert [row.id for row in stripe.Customer.list(limit=1).auto_paging_iter()] == [
        row.id for row in customers[::-1]
    ]
    assert (paid.status, refund.amount, renamed.name) == ("succeeded", 250, "Ada")
    assert refusal.value.error is not None and refusal.value.error.payment_intent is not None


def test_a_platform_acts_for_its_merchant_with_stripe_account(live_server: Any, shop: Shop) -> None:
    connected = create_merchant(name="Connected", currency="eur", platform_id=shop.id)
    platform = stripe.StripeClient(
        create_api_key(merchant_id=shop.id).secret,
        stripe_account=connected.public_id,
        base_addresses={"api": live_server.url},
        http_client=CheckedTransport(),
    )

    made = platform.v1.customers.create({"name": "Ada"})

    assert platform.v1.accounts.retrieve_current().id == connected.public_id
    own = platform.v1.customers.list({}, {"stripe_account": shop.merchant.public_id})
    assert ([row.id for row in platform.v1.customers.list()], own.data) == ([made.id], [])
