"""Idempotency keys as Stripe keeps them."""

import threading
import time

import pytest
import stripe

PAYMENT = {"amount": 1000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
FORM = "amount=1000&currency=usd&payment_method=pm_card_visa&confirm=true"
HEADERS = {"Authorization": "Bearer sk_test_first", "Idempotency-Key": "k1"}


def test_the_same_key_gives_the_same_bytes_and_books_once(client, plain):
    first = plain("POST", "/v1/payment_intents", FORM, HEADERS)
    second = plain("POST", "/v1/payment_intents", FORM, HEADERS)

    assert first[0] == second[0] == 200
    assert first[1] == second[1]
    assert "idempotent-replayed" not in first[2]
    assert second[2]["idempotent-replayed"] == "true"
    assert second[2]["original-request"] == first[2]["request-id"] != second[2]["request-id"]
    assert len(client.v1.payment_intents.list().data) == 1


def test_the_same_key_with_other_parameters_is_refused(client, pay):
    pay({"idempotency_key": "k1"})

    with pytest.raises(stripe.IdempotencyError) as refusal:
        pay({"idempotency_key": "k1"}, amount=1001)

    assert refusal.value.http_status == 400
    assert "with the same parameters they were first used with" in refusal.value.user_message
    assert len(client.v1.payment_intents.list().data) == 1


def test_the_same_key_at_another_endpoint_is_refused(client, pay):
    pay({"idempotency_key": "k1"})

    with pytest.raises(stripe.IdempotencyError) as refusal:
        client.v1.customers.create({}, {"idempotency_key": "k1"})

    assert "same endpoint" in refusal.value.user_message


def test_keys_belong_to_their_account(connect, pay):
    first = pay({"idempotency_key": "k1"})

    second = connect(key="sk_test_second").v1.payment_intents.create(PAYMENT, {"idempotency_key": "k1"})

    assert first.id != second.id


def test_a_decline_is_remembered_too(client, pay):
    declines = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as decline:
            pay({"idempotency_key": "k1"}, payment_method="pm_card_chargeDeclined")
        declines.append(decline.value)

    assert declines[0].error.charge == declines[1].error.charge
    assert declines[1].headers["Idempotent-Replayed"] == "true"
    assert len(client.v1.charges.list().data) == 1


def test_a_request_refused_for_its_parameters_may_be_corrected_under_the_same_key(pay):
    with pytest.raises(stripe.InvalidRequestError):
        pay({"idempotency_key": "k1"}, amount=1)

    assert pay({"idempotency_key": "k1"}).status == "succeeded"


def test_a_key_is_forgotten_after_a_day(client, plain, pay):
    first = pay({"idempotency_key": "k1"})
    plain("POST", "/sandbox/clock", {"advance_seconds": 24 * 3600 + 1})

    second = pay({"idempotency_key": "k1"})

    assert second.id != first.id
    assert len(client.v1.payment_intents.list().data) == 2


def test_a_key_still_in_flight_is_refused_with_409(client, connect, faults):
    faults({"match": {"operation": "authorize"}, "fault": "answer_late", "seconds": 0.6, "times": 1})
    results = []
    slow = threading.Thread(
        target=lambda: results.append(connect().v1.payment_intents.create(PAYMENT, {"idempotency_key": "k1"}))
    )
    slow.start()
    while not client.v1.payment_intents.list().data:
        time.sleep(0.01)

    with pytest.raises(stripe.APIError) as refusal:
        client.v1.payment_intents.create(PAYMENT, {"idempotency_key": "k1"})
    slow.join()
    replay = client.v1.payment_intents.create(PAYMENT, {"idempotency_key": "k1"})

    assert (refusal.value.http_status, refusal.value.error.code) == (409, "idempotency_key_in_use")
    assert replay.id == results[0].id


def test_twenty_at_once_with_one_key_book_once(client, connect):
    answers: list[str] = []

    def attempt():
        try:
            answers.append(connect().v1.payment_intents.create(PAYMENT, {"idempotency_key": "k1"}).id)
        except stripe.APIError as error:
            answers.append(str(error.http_status))

    threads = [threading.Thread(target=attempt) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    booked = [intent.id for intent in client.v1.payment_intents.list().data]
    assert len(booked) == 1
    assert len(answers) == 20
    assert set(answers) <= {booked[0], "409"}
