"""Each fault, as the caller sees it and as the books see it."""

import time

import pytest
import stripe

PAYMENT = {"amount": 1000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
AUTHORIZE = {"operation": "authorize"}


def rule(fault, match=None, **options):
    return {"match": match or AUTHORIZE, "fault": fault, "times": 1} | options


def booked(client):
    return len(client.v1.balance_transactions.list({"type": "charge"}).data)


@pytest.mark.parametrize(
    ("fault", "options"),
    [
        ("timeout_after_booking", {"seconds": 5}),
        ("reset_after_booking", {}),
    ],
)
def test_booked_but_the_answer_is_lost_and_the_same_key_brings_it_back(
    client, connect, faults, fault, options
):
    faults(rule(fault, **options))

    with pytest.raises(stripe.APIConnectionError):
        connect(timeout_seconds=0.3).v1.payment_intents.create(PAYMENT, {"idempotency_key": "k1"})
    assert booked(client) == 1
    again = client.v1.payment_intents.create(PAYMENT, {"idempotency_key": "k1"})

    assert again.status == "succeeded"
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert booked(client) == 1


@pytest.mark.parametrize(
    ("fault", "options"),
    [("timeout_before_booking", {"seconds": 5}), ("reset_before_booking", {})],
)
def test_nothing_is_booked_when_the_connection_dies_before(client, connect, faults, fault, options):
    faults(rule(fault, **options))

    with pytest.raises(stripe.APIConnectionError):
        connect(timeout_seconds=0.3).v1.payment_intents.create(PAYMENT, {"idempotency_key": "k1"})

    assert booked(client) == 0
    assert client.v1.payment_intents.create(PAYMENT, {"idempotency_key": "k1"}).status == "succeeded"


@pytest.mark.parametrize(("fault", "count"), [("error_before_booking", 0), ("error_after_booking", 1)])
def test_a_server_error_says_nothing_about_the_booking(client, faults, pay, fault, count):
    faults(rule(fault, status=503))

    with pytest.raises(stripe.APIError) as error:
        pay({"idempotency_key": "k1"})

    assert (error.value.http_status, error.value.error.type) == (503, "api_error")
    assert booked(client) == count
    assert pay({"idempotency_key": "k1"}).status == "succeeded"
    assert booked(client) == 1


def test_a_held_connection_is_closed_without_a_byte(plain, faults):
    faults(rule("timeout_after_booking", {"operation": "balance"}, seconds=0.2))
    started = time.monotonic()

    with pytest.raises((ConnectionError, OSError)):
        plain("GET", "/v1/balance", None, {"Authorization": "Bearer sk_test_first"})

    assert 0.2 <= time.monotonic() - started < 2


def test_garbage_is_answered_with_200(client, faults, pay):
    faults(rule("garbage_after_booking"))

    with pytest.raises(stripe.APIError) as error:
        pay()

    assert error.value.http_status == 200
    assert booked(client) == 1


def test_garbage_may_be_no_text_at_all_which_the_sdk_does_not_turn_into_an_error_of_its_own(
    client, faults, pay
):
    faults(rule("garbage_after_booking", undecodable=1))

    with pytest.raises(UnicodeDecodeError):
        pay()

    assert booked(client) == 1


def test_a_dripping_answer_arrives_whole_in_the_end(faults, pay):
    faults(rule("drip", seconds=0.5))
    started = time.monotonic()

    paid = pay()

    assert paid.status == "succeeded"
    assert time.monotonic() - started >= 0.4


def test_a_late_answer_is_late_and_complete(client, faults, pay):
    faults(rule("answer_late", seconds=0.3))
    started = time.monotonic()

    assert pay().status == "succeeded"

    assert time.monotonic() - started >= 0.3


def test_rate_limiting_books_nothing(client, faults, pay):
    faults(rule("status_429"))

    with pytest.raises(stripe.RateLimitError) as error:
        pay()

    assert error.value.http_status == 429
    assert booked(client) == 0


@pytest.mark.parametrize(("options", "amount"), [({}, 999), ({"delta": 5}, 1005), ({"amount": 777}, 777)])
def test_a_wrong_amount_is_booked_and_answered(faults, pay, options, amount):
    faults(rule("wrong_amount", **options))

    paid = pay(expand=["latest_charge.balance_transaction"])

    assert (paid.amount, paid.amount_received) == (amount, amount)
    assert paid.latest_charge.balance_transaction.amount == amount


def test_a_wrong_amount_can_strike_captures_and_refunds(client, faults, pay):
    faults(rule("wrong_amount", {"operation": ["capture", "refund"]}, times=2))
    intent = pay(capture_method="manual")

    captured = client.v1.payment_intents.capture(intent.id)
    refund = client.v1.refunds.create({"payment_intent": intent.id, "amount": 500})

    assert captured.amount_received == 999
    assert refund.amount == 499


def test_a_forgotten_key_books_again(client, faults, pay):
    first = pay({"idempotency_key": "k1"})
    faults(rule("forget_key"))

    second = pay({"idempotency_key": "k1"})
    third = pay({"idempotency_key": "k1"})

    assert second.id != first.id
    assert third.id == second.id
    assert booked(client) == 2


def test_inquiries_lag_behind_the_books(client, plain, faults, pay):
    paid = pay(metadata={"attempt": "a1"})
    query = {"query": "metadata['attempt']:'a1'"}
    faults({"match": {"operation": "inquire"}, "fault": "inquiry_lag", "seconds": 600})

    with pytest.raises(stripe.InvalidRequestError) as missing:
        client.v1.payment_intents.retrieve(paid.id)
    assert missing.value.http_status == 404
    assert client.v1.payment_intents.search(query).data == []
    assert client.v1.payment_intents.list().data == []
    assert client.v1.charges.list({"payment_intent": paid.id}).data == []

    plain("POST", "/sandbox/clock", {"advance_seconds": 600})

    assert client.v1.payment_intents.retrieve(paid.id).id == paid.id
    assert client.v1.payment_intents.search(query).data[0].id == paid.id


def test_a_returned_refund_first_succeeds_and_later_fails(client, plain, faults, pay):
    faults(rule("refund_returned", {"operation": "refund"}, seconds=3600))

    refund = client.v1.refunds.create({"payment_intent": pay().id})
    assert refund.status == "succeeded"
    plain("POST", "/sandbox/clock", {"advance_seconds": 3601})

    assert client.v1.refunds.retrieve(refund.id).status == "failed"
    assert [event.type for event in client.v1.events.list({"type": "refund.failed"}).data] == [
        "refund.failed"
    ]


# Which requests a rule strikes


def test_a_rule_strikes_as_often_as_it_says(client, faults, pay):
    faults(rule("error_before_booking", times=2))

    for _ in range(2):
        with pytest.raises(stripe.APIError):
            pay()

    assert pay().status == "succeeded"


def test_a_rule_strikes_only_the_nth_match(plain, faults, pay):
    faults({"match": AUTHORIZE | {"nth": 2}, "fault": "error_before_booking"})

    assert pay().status == "succeeded"
    with pytest.raises(stripe.APIError):
        pay()
    assert pay().status == "succeeded"
    assert plain("GET", "/sandbox/faults")[1]["rules"][0] | {"matched": 3, "fired": 1} == {
        "match": {"operation": "authorize", "nth": 2},
        "fault": "error_before_booking",
        "matched": 3,
        "fired": 1,
    }


def test_a_rule_strikes_by_metadata_of_the_request_or_of_the_payment_it_names(client, faults, pay):
    faults(
        {"match": {"metadata": {"unlucky": "yes"}, "operation": "authorize"}, "fault": "status_429"},
        {"match": {"metadata": {"order": "7"}, "operation": "refund"}, "fault": "status_429"},
    )
    lucky, seventh = pay(metadata={"unlucky": "no"}), pay(metadata={"order": "7"})

    with pytest.raises(stripe.RateLimitError):
        pay(metadata={"unlucky": "yes"})
    with pytest.raises(stripe.RateLimitError):
        client.v1.refunds.create({"payment_intent": seventh.id})

    assert client.v1.refunds.create({"payment_intent": lucky.id}).status == "succeeded"


def test_a_rule_strikes_by_account_and_by_path(client, connect, faults, pay):
    faults(
        {"match": {"account": "sk_test_second"}, "fault": "status_429"},
        {"match": {"path_prefix": "/v1/customers"}, "fault": "status_429"},
    )

    assert pay().status == "succeeded"
    with pytest.raises(stripe.RateLimitError):
        connect(key="sk_test_second").v1.balance.retrieve()
    with pytest.raises(stripe.RateLimitError):
        client.v1.customers.create()


def test_the_same_seed_strikes_the_same_requests(faults, pay):
    def strikes():
        faults({"match": AUTHORIZE | {"probability": 0.5}, "seed": 42, "fault": "error_before_booking"})
        pattern = ""
        for _ in range(12):
            try:
                pay()
                pattern += "."
            except stripe.APIError:
                pattern += "x"
        return pattern

    first = strikes()

    assert "x" in first
    assert "." in first
    assert strikes() == first


def test_void_is_another_word_for_cancel(client, faults, pay):
    faults(rule("status_429", {"operation": "void"}))
    intent = pay(capture_method="manual")

    with pytest.raises(stripe.RateLimitError):
        client.v1.payment_intents.cancel(intent.id)


def test_creating_without_confirming_is_no_authorization(client, faults):
    faults(rule("status_429"))

    created = client.v1.payment_intents.create({"amount": 1000, "currency": "usd"})
    with pytest.raises(stripe.RateLimitError):
        client.v1.payment_intents.confirm(created.id, {"payment_method": "pm_card_visa"})


def test_a_fault_that_means_nothing_to_an_operation_is_not_used_up_by_it(client, faults, pay):
    faults({"fault": "refund_returned", "times": 1, "seconds": 0}, {"fault": "inquiry_lag", "seconds": 600})

    paid = pay()
    refund = client.v1.refunds.create({"payment_intent": paid.id})

    with pytest.raises(stripe.InvalidRequestError):
        client.v1.refunds.retrieve(refund.id)
    faults()
    deadline = time.monotonic() + 5
    while client.v1.refunds.retrieve(refund.id).status != "failed" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert client.v1.refunds.retrieve(refund.id).status == "failed"


def test_faults_can_be_cleared(plain, faults, pay):
    faults({"fault": "status_429"})

    status, body, _ = plain("DELETE", "/sandbox/faults")

    assert (status, body) == (200, {"rules": []})
    assert pay().status == "succeeded"


@pytest.mark.parametrize(
    ("script", "said"),
    [
        ([{"fault": "sabotage"}], "unknown fault 'sabotage'"),
        ([{"fault": "drip", "speed": 1}], "no option 'speed'"),
        ([{"fault": "drip", "seconds": "3"}], "is a number"),
        ([{"fault": "drip", "match": {"weather": "rain"}}], "unknown matcher 'weather'"),
        ([{"fault": "drip", "match": {"nth": 0}}], "match.nth is a number from 1"),
        ([{"fault": "drip", "match": {"probability": 2}}], "from 0 to 1"),
        ([{"fault": "drip", "times": 0}], "times is a number from 1"),
        ({"rules": 5}, "a list of rules"),
        ("no json", "no JSON"),
    ],
)
def test_a_script_that_says_something_unknown_is_refused_and_changes_nothing(plain, faults, script, said):
    faults({"fault": "status_429"})

    status, body, _ = plain("POST", "/sandbox/faults", script)

    assert status == 400
    assert said in body["error"]
    assert [kept["fault"] for kept in plain("GET", "/sandbox/faults")[1]["rules"]] == ["status_429"]


def test_the_fault_may_be_an_object_with_its_options(faults, pay):
    faults({"match": AUTHORIZE, "fault": {"name": "error_before_booking", "status": 502}})

    with pytest.raises(stripe.APIError) as error:
        pay()

    assert error.value.http_status == 502
