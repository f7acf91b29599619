"""Creating, confirming and looking up payments, with the official SDK."""

import pytest
import stripe


def test_a_confirmed_card_payment_succeeds_with_charge_and_fee(client):
    intent = client.v1.payment_intents.create(
        {
            "amount": 12345,
            "currency": "usd",
            "payment_method": "pm_card_visa",
            "confirm": True,
            "metadata": {"attempt": "a1"},
            "expand": ["latest_charge.balance_transaction"],
        }
    )

    assert intent.status == "succeeded"
    assert (intent.amount_received, intent.amount_capturable) == (12345, 0)
    charge = intent.latest_charge
    assert (charge.captured, charge.paid, charge.amount_captured, charge.disputed) == (
        True,
        True,
        12345,
        False,
    )
    assert charge.metadata.to_dict() == {"attempt": "a1"}
    transaction = charge.balance_transaction
    # 2.9 % of 123.45 is 3.580, and 30 cents
    assert (transaction.amount, transaction.fee, transaction.net) == (12345, 388, 11957)
    assert transaction.fee_details[0].type == "stripe_fee"


@pytest.mark.parametrize(
    ("currency", "amount", "fee"),
    [("usd", 1000, 59), ("usd", 1050, 60), ("usd", 1500, 74), ("jpy", 1000, 59), ("kwd", 10000, 590)],
)
def test_the_fee_is_29_per_mille_half_up_plus_a_fixed_part_in_the_currency(pay, currency, amount, fee):
    intent = pay(amount=amount, currency=currency, expand=["latest_charge.balance_transaction"])

    assert intent.latest_charge.balance_transaction.fee == fee


def test_manual_capture_waits_with_the_authorization_open(pay):
    intent = pay(capture_method="manual", expand=["latest_charge"])

    assert intent.status == "requires_capture"
    assert (intent.amount_capturable, intent.amount_received) == (1000, 0)
    assert intent.latest_charge.captured is False
    assert intent.latest_charge.balance_transaction is None
    details = intent.latest_charge.payment_method_details.card
    assert details.amount_authorized == 1000
    assert details.capture_before == intent.created + 7 * 24 * 3600
    assert len(details.network_transaction_id) == 15


def test_create_then_confirm_is_the_same_payment(client):
    created = client.v1.payment_intents.create({"amount": 500, "currency": "eur"})
    assert created.status == "requires_payment_method"

    confirmed = client.v1.payment_intents.confirm(created.id, {"payment_method": "pm_card_mastercard"})

    assert confirmed.status == "succeeded"
    assert client.v1.payment_intents.retrieve(created.id).latest_charge == confirmed.latest_charge


def test_confirming_without_a_payment_method_is_refused(client):
    created = client.v1.payment_intents.create({"amount": 500, "currency": "eur"})

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.confirm(created.id)

    assert refusal.value.code == "payment_intent_unexpected_state"
    assert refusal.value.error.payment_intent.id == created.id


def test_confirming_a_succeeded_payment_again_is_refused(client, pay):
    paid = pay()

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.confirm(paid.id, {"payment_method": "pm_card_visa"})

    assert refusal.value.code == "payment_intent_unexpected_state"
    assert len(client.v1.charges.list({"payment_intent": paid.id}).data) == 1


@pytest.mark.parametrize(
    ("params", "code", "param"),
    [
        ({"amount": 49, "currency": "usd"}, "amount_too_small", "amount"),
        ({"amount": 100_000_000, "currency": "usd"}, "amount_too_large", "amount"),
        ({"currency": "usd"}, "parameter_missing", "amount"),
        ({"amount": 1000}, "parameter_missing", "currency"),
        ({"amount": "ten", "currency": "usd"}, "parameter_invalid_integer", "amount"),
        ({"amount": 1000, "currency": "xxx"}, None, "currency"),
        ({"amount": 1000, "currency": "usd", "colour": "red"}, "parameter_unknown", "colour"),
        ({"amount": 1000, "currency": "usd", "customer": "cus_none"}, "resource_missing", "customer"),
        (
            {"amount": 1000, "currency": "usd", "payment_method": "pm_none"},
            "resource_missing",
            "payment_method",
        ),
        (
            {"amount": 1000, "currency": "usd", "payment_method": "pm_card_unheardOf"},
            "resource_missing",
            "payment_method",
        ),
        (
            {"amount": 1000, "currency": "usd", "off_session": True},
            "payment_intent_invalid_parameter",
            "off_session",
        ),
        ({"amount": 1000, "currency": "usd", "metadata": {"k" * 41: "v"}}, None, f"metadata[{'k' * 41}]"),
    ],
)
def test_a_wrong_request_is_refused_and_books_nothing(client, params, code, param):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.create(params)

    assert (refusal.value.code, refusal.value.param) == (code, param)
    assert client.v1.payment_intents.list().data == []


def test_a_card_number_is_never_accepted(plain):
    status, body, _ = plain(
        "POST",
        "/v1/payment_methods",
        "type=card&card[number]=4242424242424242",
        {"Authorization": "Bearer sk_test_first"},
    )

    assert status == 402
    assert "Sending credit card numbers directly" in body["error"]["message"]


def test_another_accounts_payment_is_missing_like_an_absent_one(connect, pay):
    paid = pay()
    stranger = connect(key="sk_test_second")

    with pytest.raises(stripe.InvalidRequestError) as foreign:
        stranger.v1.payment_intents.retrieve(paid.id)

    assert (foreign.value.http_status, foreign.value.code) == (404, "resource_missing")
    assert foreign.value.user_message == f"No such payment_intent: '{paid.id}'"
    assert stranger.v1.payment_intents.list().data == []


@pytest.mark.parametrize("key", ["", "sk_live_real", "pk_test_public"])
def test_only_test_secret_keys_are_let_in(plain, key):
    status, body, _ = plain("GET", "/v1/balance", None, {"Authorization": f"Bearer {key}"} if key else {})

    assert status == 401
    assert body["error"]["type"] == "invalid_request_error"


def test_the_key_may_come_as_basic_authentication(plain):
    status, _, headers = plain(
        "GET",
        "/v1/balance",
        None,
        {"Authorization": "Basic c2tfdGVzdF9maXJzdDo=", "Stripe-Version": "2024-06-20"},
    )

    assert status == 200
    assert headers["stripe-version"] == "2024-06-20"
    assert headers["request-id"].startswith("req_")


def test_an_unknown_url_is_answered_as_stripe_does(plain):
    status, body, _ = plain("GET", "/v1/unicorns", None, {"Authorization": "Bearer sk_test_first"})

    assert status == 404
    assert body["error"]["message"].startswith("Unrecognized request URL (GET: /v1/unicorns).")


def test_a_token_is_the_same_card_every_time(client):
    first = client.v1.payment_methods.retrieve("pm_card_visa")
    second = client.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}})
    other = client.v1.payment_methods.retrieve("pm_card_mastercard")

    assert first.id != second.id
    assert first.card.fingerprint == second.card.fingerprint != other.card.fingerprint
    assert (first.card.brand, first.card.last4, first.card.funding) == ("visa", "4242", "credit")
    assert (other.card.brand, other.card.last4) == ("mastercard", "4444")


def test_a_used_card_without_a_customer_may_not_be_used_again(client):
    method = client.v1.payment_methods.retrieve("pm_card_visa")
    once = {"amount": 1000, "currency": "usd", "payment_method": method.id, "confirm": True}
    client.v1.payment_intents.create(once)

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.create(once)

    assert refusal.value.code == "payment_method_unexpected_state"
    assert len(client.v1.payment_intents.list().data) == 1


def test_a_customers_card_is_charged_again_and_again_but_only_with_the_customer(client):
    customer = client.v1.customers.create({"email": "a@example.com", "payment_method": "pm_card_visa"})
    method = client.v1.customers.payment_methods.list(customer.id).data[0]
    payment = {"amount": 1000, "currency": "usd", "payment_method": method.id, "confirm": True}

    for _ in range(2):
        paid = client.v1.payment_intents.create(payment | {"customer": customer.id, "off_session": True})
        assert paid.status == "succeeded"
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.create(payment)

    assert refusal.value.code == "payment_intent_invalid_parameter"
    assert len(client.v1.payment_intents.list({"customer": customer.id}).data) == 2


def test_metadata_is_merged_and_an_empty_value_removes_its_key(client, pay):
    paid = pay(metadata={"order": "1", "note": "old"})

    client.v1.payment_intents.update(paid.id, {"metadata": {"note": "", "extra": "x"}})

    assert client.v1.payment_intents.retrieve(paid.id).metadata.to_dict() == {"order": "1", "extra": "x"}
    assert client.v1.payment_intents.search({"query": "metadata['note']:'old'"}).data == []
    assert client.v1.payment_intents.search({"query": "metadata['extra']:'x'"}).data[0].id == paid.id
