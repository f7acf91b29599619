"""The sandbox's own truth: sums, entries, clock and reset."""

import pytest
import stripe


def test_the_sums_tell_charges_fees_refunds_and_open_authorizations(client, connect, plain, pay):
    paid = pay(amount=10000)
    pay(amount=2000, currency="eur")
    pay(capture_method="manual", amount=700)
    with pytest.raises(stripe.CardError):
        pay(payment_method="pm_card_chargeDeclined")
    client.v1.refunds.create({"payment_intent": paid.id, "amount": 2500})
    connect(key="sk_test_second").v1.payment_intents.create(
        {"amount": 5000, "currency": "usd", "payment_method": "pm_card_visa", "confirm": True}
    )

    _, mine, _ = plain("GET", "/books?account=sk_test_first")
    _, everyone, _ = plain("GET", "/books")

    assert set(mine["accounts"]) == {"sk_test_first"}
    assert mine["accounts"]["sk_test_first"]["usd"] == {
        "charges_count": 1,
        "captures_count": 1,
        "charges_gross_minor": 10000,
        "fees_minor": 320,
        "refunds_count": 1,
        "refunds_amount_minor": 2500,
        "refunds_returned_count": 0,
        "refunds_returned_minor": 0,
        "charges_returned_minor": 0,
        "net_minor": 10000 - 320 - 2500,
        "disputes_withdrawn_minor": 0,
        "disputes_reinstated_minor": 0,
        "disputes_fees_minor": 0,
        "payouts_count": 0,
        "payouts_amount_minor": 0,
        "payouts_returned_minor": 0,
        "balance_minor": 10000 - 320 - 2500,
        "authorized_open_count": 1,
        "authorized_open_minor": 700,
        "disputes_count": 0,
        "disputes_open_count": 0,
        "disputes_won_count": 0,
        "disputes_lost_count": 0,
        "disputes_prevented_minor": 0,
        "inquiries_count": 0,
    }
    assert mine["accounts"]["sk_test_first"]["eur"]["net_minor"] == 2000 - 88
    assert everyone["accounts"]["sk_test_second"]["usd"]["charges_gross_minor"] == 5000


def test_entries_list_every_movement_with_its_metadata_in_order(client, plain, pay):
    first = pay(metadata={"attempt": "a1"})
    refund = client.v1.refunds.create(
        {"payment_intent": first.id, "amount": 400, "metadata": {"refund": "r1"}}
    )
    pay(metadata={"attempt": "a2"})

    _, page, _ = plain("GET", "/books/entries?account=sk_test_first&limit=2")
    _, rest, _ = plain("GET", f"/books/entries?account=sk_test_first&after={page['next_after']}")

    charge_row, refund_row = page["entries"]
    assert charge_row | {"sequence": 0, "id": "", "booked_at": 0} == {
        "sequence": 0,
        "account": "sk_test_first",
        "id": "",
        "kind": "charge",
        "booked_at": 0,
        "currency": "usd",
        "amount_minor": 1000,
        "fee_minor": 59,
        "net_minor": 941,
        "payment_intent": first.id,
        "charge": first.latest_charge,
        "refund": None,
        "dispute": None,
        "payout": None,
        "metadata": {"attempt": "a1"},
        "payment_metadata": {"attempt": "a1"},
    }
    assert (refund_row["kind"], refund_row["amount_minor"], refund_row["fee_minor"]) == ("refund", -400, 0)
    assert (refund_row["refund"], refund_row["metadata"]) == (refund.id, {"refund": "r1"})
    assert refund_row["payment_metadata"] == {"attempt": "a1"}
    assert (page["has_more"], rest["has_more"]) == (True, False)
    assert [row["metadata"] for row in rest["entries"]] == [{"attempt": "a2"}]


def test_the_entries_of_a_day_add_up_to_the_sums(client, plain, pay):
    for amount in (500, 1234, 98765):
        paid = pay(amount=amount)
        client.v1.refunds.create({"payment_intent": paid.id, "amount": amount // 3})

    _, page, _ = plain("GET", "/books/entries?account=sk_test_first&limit=1000")
    sums = plain("GET", "/books")[1]["accounts"]["sk_test_first"]["usd"]

    assert sum(row["net_minor"] for row in page["entries"]) == sums["net_minor"]
    assert sum(row["fee_minor"] for row in page["entries"]) == sums["fees_minor"]


@pytest.mark.parametrize("seconds", [-1, "10", None, True])
def test_the_clock_only_moves_forward(plain, seconds):
    status, body, _ = plain("POST", "/sandbox/clock", {"advance_seconds": seconds})

    assert status == 400
    assert "advance_seconds is a number from 0" in body["error"]
    assert plain("GET", "/sandbox/clock")[1]["offset_seconds"] == 0


def test_reset_empties_the_books_and_keeps_the_endpoints(client, plain, receiver, endpoint, faults, pay):
    pay({"idempotency_key": "k1"})
    receiver.wait_for(1)
    faults({"fault": "status_429"})
    plain("POST", "/sandbox/clock", {"advance_seconds": 1000})

    assert plain("POST", "/sandbox/reset")[0] == 200

    assert plain("GET", "/books")[1]["accounts"] == {}
    assert client.v1.payment_intents.list().data == []
    assert plain("GET", "/sandbox/clock")[1]["offset_seconds"] == 0
    pay({"idempotency_key": "k1"}, amount=2000)
    assert receiver.wait_for(2)[1]["data"]["object"]["amount"] == 2000


def test_health_and_unknown_paths(plain):
    assert plain("GET", "/healthz")[:2] == (200, {"status": "ok"})
    assert plain("GET", "/nowhere")[0] == 404
    assert plain("POST", "/sandbox/clock", "{")[0] == 400
