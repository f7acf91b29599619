"""Capturing, canceling, raising and losing an authorization."""

import pytest
import stripe


@pytest.fixture
def authorize(pay):
    def create(**features):
        options = {"payment_method_options": {"card": features}} if features else {}
        return pay(capture_method="manual", **options)

    return create


def test_a_full_capture_moves_the_money(client, authorize):
    intent = authorize()

    captured = client.v1.payment_intents.capture(intent.id, {"expand": ["latest_charge"]})

    assert (captured.status, captured.amount_received, captured.amount_capturable) == ("succeeded", 1000, 0)
    assert (captured.latest_charge.captured, captured.latest_charge.amount_captured) == (True, 1000)


def test_a_partial_capture_is_final_and_releases_the_rest(client, plain, authorize):
    intent = authorize()

    captured = client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 600})

    assert (captured.status, captured.amount_received, captured.amount_capturable) == ("succeeded", 600, 0)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 100})
    assert refusal.value.code == "payment_intent_unexpected_state"
    sums = plain("GET", "/books")[1]["accounts"]["sk_test_first"]["usd"]
    assert (sums["charges_gross_minor"], sums["authorized_open_minor"]) == (600, 0)


def test_several_captures_until_the_final_one(client, plain, authorize):
    intent = authorize(request_multicapture="if_available")

    first = client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 300, "final_capture": False})
    second = client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 200, "final_capture": False})
    last = client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 0})

    assert [
        (step.status, step.amount_received, step.amount_capturable) for step in (first, second, last)
    ] == [
        ("requires_capture", 300, 700),
        ("requires_capture", 500, 500),
        ("succeeded", 500, 0),
    ]
    sums = plain("GET", "/books")[1]["accounts"]["sk_test_first"]["usd"]
    # 300 * 2.9 % = 8.7 and 200 * 2.9 % = 5.8, each rounded half up, and 30 for each capture
    assert (sums["charges_count"], sums["captures_count"], sums["fees_minor"]) == (1, 2, 39 + 36)


def test_final_capture_false_needs_multicapture(client, authorize):
    intent = authorize()

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 300, "final_capture": False})

    assert refusal.value.param == "final_capture"
    assert client.v1.payment_intents.retrieve(intent.id).amount_capturable == 1000


def test_capturing_more_than_authorized_is_refused(client, authorize):
    intent = authorize()

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.capture(intent.id, {"amount_to_capture": 1001})

    assert (refusal.value.code, refusal.value.param) == ("amount_too_large", "amount_to_capture")
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_capture"
    assert client.v1.balance_transactions.list().data == []


def test_a_canceled_authorization_is_released_for_good(client, authorize):
    intent = authorize()

    canceled = client.v1.payment_intents.cancel(
        intent.id, {"cancellation_reason": "requested_by_customer", "expand": ["latest_charge"]}
    )

    assert (canceled.status, canceled.amount_capturable) == ("canceled", 0)
    assert canceled.cancellation_reason == "requested_by_customer"
    assert (canceled.latest_charge.captured, canceled.latest_charge.refunded) == (False, True)
    for again in (client.v1.payment_intents.capture, client.v1.payment_intents.cancel):
        with pytest.raises(stripe.InvalidRequestError) as refusal:
            again(intent.id)
        assert refusal.value.code == "payment_intent_unexpected_state"


def test_a_succeeded_payment_cannot_be_canceled(client, pay):
    paid = pay()

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.cancel(paid.id)

    assert refusal.value.code == "payment_intent_unexpected_state"
    assert "because it has a status of succeeded" in refusal.value.user_message


def test_an_authorization_can_be_raised_when_that_was_asked_for(client, authorize):
    intent = authorize(request_incremental_authorization="if_available")

    raised = client.v1.payment_intents.increment_authorization(intent.id, {"amount": 1500})
    captured = client.v1.payment_intents.capture(intent.id)

    assert (raised.amount, raised.amount_capturable) == (1500, 1500)
    assert captured.amount_received == 1500


@pytest.mark.parametrize("amount", [999, 1000])
def test_an_authorization_is_only_ever_raised(client, authorize, amount):
    intent = authorize(request_incremental_authorization="if_available")

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.increment_authorization(intent.id, {"amount": amount})

    assert refusal.value.param == "amount"


def test_raising_without_having_asked_for_it_is_refused(client, authorize):
    intent = authorize()

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.payment_intents.increment_authorization(intent.id, {"amount": 1500})

    assert refusal.value.code == "payment_intent_invalid_parameter"


def test_an_authorization_expires_after_seven_days(client, plain, authorize):
    intent = authorize()
    plain("POST", "/sandbox/clock", {"advance_seconds": 7 * 24 * 3600 - 60})
    assert client.v1.payment_intents.retrieve(intent.id).status == "requires_capture"

    _, answer, _ = plain("POST", "/sandbox/clock", {"advance_seconds": 120})

    assert answer["worked_off"] == {"expire_authorization": 1}
    expired = client.v1.payment_intents.retrieve(intent.id)
    assert (expired.status, expired.cancellation_reason) == ("canceled", "automatic")
    events = client.v1.events.list({"types": ["charge.expired", "payment_intent.canceled"]}).data
    assert [event.type for event in events] == ["payment_intent.canceled", "charge.expired"]


def test_a_captured_authorization_does_not_expire(client, plain, authorize):
    intent = authorize()
    client.v1.payment_intents.capture(intent.id)

    _, answer, _ = plain("POST", "/sandbox/clock", {"advance_seconds": 8 * 24 * 3600})

    assert answer["worked_off"] == {"expire_authorization": 0}
    assert client.v1.payment_intents.retrieve(intent.id).status == "succeeded"
