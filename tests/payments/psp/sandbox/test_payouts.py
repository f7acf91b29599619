"""Payouts: what they take from the balance, how they arrive or come back, who hears of them."""

import pytest
import stripe

ACCOUNT = "sk_test_first"
DAY = 24 * 3600


def advance(plain, seconds):
    plain("POST", "/sandbox/clock", {"advance_seconds": seconds})


def sums_of(plain, currency="usd"):
    return plain("GET", f"/books?account={ACCOUNT}")[1]["accounts"][ACCOUNT][currency]


def test_a_payout_takes_what_is_available_and_leaves_what_is_pending(client, plain, pay, pay_out):
    pay(amount=10000)
    advance(plain, 2 * DAY)
    pay(amount=2000)

    (payout,) = pay_out(account=ACCOUNT, include_pending=False, arrival_seconds=DAY)

    assert (payout["amount"], payout["currency"], payout["status"]) == (10000 - 320, "usd", "in_transit")
    assert payout["arrival_date"] - payout["created"] == DAY
    balance = client.v1.balance.retrieve()
    assert (balance.available[0].amount, balance.pending[0].amount) == (0, 2000 - 88)
    sums = sums_of(plain)
    assert (sums["net_minor"], sums["payouts_amount_minor"], sums["balance_minor"]) == (
        10000 - 320 + 2000 - 88,
        10000 - 320,
        2000 - 88,
    )


def test_pending_money_is_paid_out_when_asked_for_and_counts_as_available(client, pay, pay_out):
    pay(amount=1000)

    (payout,) = pay_out()

    assert (payout["amount"], payout["status"], payout["reconciliation_status"]) == (941, "paid", "completed")
    charge = client.v1.balance_transactions.list({"type": "charge"}).data[0]
    assert (charge.status, charge.available_on) == ("available", payout["created"])
    balance = client.v1.balance.retrieve()
    assert (balance.available[0].amount, balance.pending[0].amount) == (0, 0)


def test_there_is_a_payout_for_each_account_and_currency_and_none_twice(connect, pay, pay_out):
    pay(amount=1000)
    pay(amount=5000, currency="jpy")
    connect(key="sk_test_second").v1.payment_intents.create(
        {"amount": 5000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    )

    first = pay_out()
    again = pay_out()

    assert [(one["account"], one["currency"], one["amount"]) for one in first] == [
        (ACCOUNT, "jpy", 5000 - 175),
        (ACCOUNT, "usd", 941),
        ("sk_test_second", "usd", 5000 - 175),
    ]
    assert again == []


def test_a_balance_below_zero_is_carried_into_a_later_payout(client, pay, pay_out):
    paid = pay(amount=1000)
    pay_out()
    client.v1.refunds.create({"payment_intent": paid.id})

    nothing = pay_out()
    pay(amount=5000)
    (later,) = pay_out()

    assert nothing == []
    assert later["amount"] == (5000 - 175) - 1000


def test_the_movements_of_a_payout_add_up_to_it(client, pay, pay_out):
    paid = pay(amount=9000)
    client.v1.refunds.create({"payment_intent": paid.id, "amount": 700})
    (payout,) = pay_out()
    pay(amount=1234)

    settled = client.v1.balance_transactions.list({"payout": payout["id"]}).data

    assert {(one.type, one.net) for one in settled} == {
        ("charge", 9000 - 291),
        ("refund", -700),
        ("payout", -payout["amount"]),
    }
    assert sum(one.net for one in settled) == 0
    with pytest.raises(stripe.InvalidRequestError, match="No such payout"):
        client.v1.balance_transactions.list({"payout": "po_of_nobody"})


def test_a_payout_arrives_when_it_is_due_and_is_announced(client, plain, endpoint, receiver, pay, pay_out):
    pay()
    receiver.wait_for(1)
    (payout,) = pay_out(arrival_seconds=3 * DAY)

    advance(plain, 2 * DAY)
    early = client.v1.payouts.retrieve(payout["id"]).status
    advance(plain, DAY)

    assert (early, client.v1.payouts.retrieve(payout["id"]).status) == ("in_transit", "paid")
    assert set(receiver.wait_for(4) and receiver.types) == {
        "payment_intent.succeeded",
        "payout.created",
        "payout.paid",
        "payout.reconciliation_completed",
    }


def test_a_failed_payout_returns_the_money_for_the_next_one(client, plain, endpoint, receiver, pay, pay_out):
    pay(amount=1000)
    (payout,) = pay_out(arrival_seconds=DAY, fails=True)

    advance(plain, DAY)
    (next_one,) = pay_out(include_pending=False)

    failed = client.v1.payouts.retrieve(payout["id"])
    assert (failed.status, failed.failure_code) == ("failed", "account_closed")
    assert next_one["amount"] == 941
    settled = client.v1.balance_transactions.list({"payout": next_one["id"]}).data
    assert {(one.type, one.net) for one in settled} == {("payout_failure", 941), ("payout", -941)}
    sums = sums_of(plain)
    assert (sums["payouts_count"], sums["payouts_returned_minor"], sums["balance_minor"]) == (2, 941, 0)
    assert "payout.failed" in (receiver.wait_for(4) and receiver.types)


def test_payouts_are_listed_newest_first_to_their_own_account_alone(client, connect, pay, pay_out):
    pay()
    (first,) = pay_out()
    pay()
    (second,) = pay_out(arrival_seconds=DAY)

    assert [one.id for one in client.v1.payouts.list().data] == [second["id"], first["id"]]
    assert [one.id for one in client.v1.payouts.list({"status": "paid"}).data] == [first["id"]]
    stranger = connect(key="sk_test_second")
    assert stranger.v1.payouts.list().data == []
    with pytest.raises(stripe.InvalidRequestError, match="No such payout"):
        stranger.v1.payouts.retrieve(first["id"])


def test_entries_name_the_payout_that_settled_them(client, plain, pay, pay_out):
    pay()
    (payout,) = pay_out()
    pay()

    _, page, _ = plain("GET", f"/books/entries?account={ACCOUNT}")

    assert [(row["kind"], row["net_minor"], row["payout"]) for row in page["entries"]] == [
        ("charge", 941, payout["id"]),
        ("payout", -941, payout["id"]),
        ("charge", 941, None),
    ]


@pytest.mark.parametrize(
    ("order", "reason"),
    [
        ({"arrival_seconds": -1}, "arrival_seconds is a number from 0"),
        ({"currency": "XYZ"}, "currency is a three-letter code in lower case"),
        ({"when": "now"}, "unknown: when"),
    ],
)
def test_an_order_that_makes_no_sense_pays_nothing_out(client, plain, pay, order, reason):
    pay()

    status, answer, _ = plain("POST", "/sandbox/payouts", {"include_pending": True} | order)

    assert status == 400
    assert reason in answer["error"]
    assert client.v1.payouts.list().data == []


def test_a_reset_forgets_payouts_and_what_they_settled(client, plain, pay, pay_out):
    pay()
    pay_out()

    plain("POST", "/sandbox/reset", {})
    pay(amount=2000)

    assert client.v1.payouts.list().data == []
    assert [one["amount"] for one in pay_out()] == [2000 - 88]
