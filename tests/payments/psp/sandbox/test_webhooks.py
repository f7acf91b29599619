"""Webhooks: signature, audience, retries, and the faults that befall them."""

import json
import time

import pytest
import stripe


def test_one_payment_gives_one_signed_webhook(client, receiver, endpoint, pay):
    paid = pay()

    events = receiver.wait_for(1)
    receiver.stay_silent(0.2)

    headers, body = receiver.received[0]
    assert len(receiver.received) == 1
    event = stripe.Webhook.construct_event(body, headers["Stripe-Signature"], "whsec_of_test")
    assert (event.type, event.data.object.id) == ("payment_intent.succeeded", paid.id)
    assert event.data.object.status == "succeeded"
    stored = client.v1.events.retrieve(events[0]["id"])
    assert (stored.type, stored.pending_webhooks) == ("payment_intent.succeeded", 0)


def test_a_wrong_secret_does_not_verify(receiver, endpoint, pay):
    pay()
    receiver.wait_for(1)
    headers, body = receiver.received[0]

    with pytest.raises(stripe.SignatureVerificationError):
        stripe.Webhook.construct_event(body, headers["Stripe-Signature"], "whsec_of_another")


def test_default_events_are_those_that_settle_something(client, receiver, endpoint, pay):
    authorized = pay(capture_method="manual")
    client.v1.payment_intents.capture(authorized.id)
    client.v1.payment_intents.cancel(pay(capture_method="manual").id)
    with pytest.raises(stripe.CardError):
        pay(payment_method="pm_card_chargeDeclined")
    client.v1.refunds.create({"payment_intent": authorized.id})

    receiver.wait_for(5)
    receiver.stay_silent(0.2)

    assert sorted(receiver.types) == [
        "payment_intent.amount_capturable_updated",
        "payment_intent.amount_capturable_updated",
        "payment_intent.canceled",
        "payment_intent.payment_failed",
        "payment_intent.succeeded",
    ]


def test_an_endpoint_of_the_api_hears_what_it_asked_for_and_only_of_its_account(
    client, connect, receiver, pay
):
    created = client.v1.webhook_endpoints.create(
        {"url": receiver.url, "enabled_events": ["charge.succeeded", "refund.created"]}
    )
    connect(key="sk_test_second").v1.payment_intents.create(
        {"amount": 1000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    )
    paid = pay()
    client.v1.refunds.create({"payment_intent": paid.id})

    receiver.wait_for(2)
    receiver.stay_silent(0.2)

    assert sorted(receiver.types) == ["charge.succeeded", "refund.created"]
    headers, body = receiver.received[0]
    assert stripe.Webhook.construct_event(body, headers["Stripe-Signature"], created.secret)
    assert "secret" not in client.v1.webhook_endpoints.retrieve(created.id).to_dict()


def test_a_deleted_endpoint_hears_nothing(client, receiver, pay):
    created = client.v1.webhook_endpoints.create({"url": receiver.url, "enabled_events": ["*"]})
    client.v1.webhook_endpoints.delete(created.id)

    pay()
    receiver.stay_silent(0.3)

    assert receiver.received == []


def test_a_refused_delivery_is_tried_again(client, receiver, endpoint, pay):
    receiver.status = 500
    pay()
    receiver.wait_for(1)
    undelivered = client.v1.events.list({"delivery_success": False}).data
    receiver.status = 200

    receiver.wait_for(2)

    assert [event.type for event in undelivered] == ["payment_intent.succeeded"]
    assert undelivered[0].pending_webhooks == 1
    assert receiver.events[0]["id"] == receiver.events[1]["id"]


def test_a_dead_endpoint_does_not_slow_the_api(plain, pay):
    plain(
        "POST",
        "/sandbox/webhook_endpoints",
        {"url": "http://127.0.0.1:9/webhook", "secret": "whsec_x", "enabled_events": ["*"]},
    )
    started = time.monotonic()

    for _ in range(20):
        pay()

    assert time.monotonic() - started < 2
    assert plain("GET", "/sandbox/webhooks")[1]["deliveries"] == {"waiting": 60}


def test_a_dropped_webhook_is_only_in_the_event_list(client, receiver, endpoint, faults, pay):
    faults({"fault": "webhook_drop", "times": 1})

    lost, seen = pay(), pay()
    receiver.wait_for(1)
    receiver.stay_silent(0.2)

    assert [event["data"]["object"]["id"] for event in receiver.events] == [seen.id]
    listed = client.v1.events.list({"type": "payment_intent.succeeded"}).data
    assert [event.data.object.id for event in listed] == [seen.id, lost.id]


def test_a_duplicated_webhook_comes_as_often_as_ordered(receiver, endpoint, faults, pay):
    faults({"fault": "webhook_duplicate", "copies": 5, "times": 1})

    pay()
    events = receiver.wait_for(5)
    receiver.stay_silent(0.2)

    assert len(receiver.received) == 5
    assert len({event["id"] for event in events}) == 1


def test_a_delayed_webhook_comes_later(receiver, endpoint, faults, pay):
    faults({"fault": "webhook_delay", "seconds": 0.5, "times": 1})
    started = time.monotonic()

    pay()
    receiver.wait_for(1)

    assert time.monotonic() - started >= 0.5


def test_reordered_webhooks_arrive_last_first(receiver, endpoint, faults, pay):
    faults({"fault": "webhook_reorder", "count": 3, "seconds": 10})

    paid = [pay().id for _ in range(3)]
    events = receiver.wait_for(3)

    assert [event["data"]["object"]["id"] for event in events] == paid[::-1]


def test_a_held_webhook_is_not_held_for_ever(receiver, endpoint, faults, pay):
    faults({"fault": "webhook_reorder", "count": 3, "seconds": 0.4})

    pay()

    assert len(receiver.wait_for(1)) == 1


def test_a_webhook_may_come_before_the_answer(receiver, endpoint, faults, pay):
    faults({"match": {"operation": "authorize"}, "fault": "webhook_before_answer"})

    for number in range(5):
        paid = pay()
        assert receiver.events[number]["data"]["object"]["id"] == paid.id


def test_a_webhook_fault_may_pick_event_operation_and_metadata(client, receiver, endpoint, faults, pay):
    faults(
        {
            "match": {"event_type": "payment_intent.succeeded", "metadata": {"order": "7"}},
            "fault": "webhook_drop",
        },
        {"match": {"operation": "cancel"}, "fault": "webhook_drop"},
    )
    pay(metadata={"order": "7"})
    client.v1.payment_intents.cancel(pay(capture_method="manual").id)
    paid = pay(metadata={"order": "8"})

    receiver.wait_for(2)
    receiver.stay_silent(0.2)

    assert sorted(receiver.types) == ["payment_intent.amount_capturable_updated", "payment_intent.succeeded"]
    assert paid.id in [event["data"]["object"]["id"] for event in receiver.events]


def test_webhooks_go_out_while_the_answer_is_held(connect, receiver, endpoint, faults):
    faults({"match": {"operation": "authorize"}, "fault": "timeout_after_booking", "seconds": 30})
    with pytest.raises(stripe.APIConnectionError):
        connect(timeout_seconds=0.2).v1.payment_intents.create(
            {"amount": 1000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
        )

    assert receiver.wait_for(1)[0]["type"] == "payment_intent.succeeded"


def test_events_carry_the_object_as_it_stood(client, pay):
    intent = pay(capture_method="manual")
    client.v1.payment_intents.capture(intent.id)

    events = client.v1.events.list({"types": ["payment_intent.*"]}).data

    assert [(event.type, event.data.object.status) for event in events] == [
        ("payment_intent.succeeded", "succeeded"),
        ("payment_intent.amount_capturable_updated", "requires_capture"),
        ("payment_intent.created", "requires_confirmation"),
    ]


def test_an_event_names_the_request_and_its_key(client, pay):
    paid = pay({"idempotency_key": "k1"})

    event = client.v1.events.list({"type": "payment_intent.succeeded"}).data[0]

    assert event.request.idempotency_key == "k1"
    assert event.request.id == paid.last_response.request_id
    assert json.loads(str(event.data.object))["id"] == paid.id
