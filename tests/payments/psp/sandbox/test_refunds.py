"""Refunds: how much, how often, and what becomes of them later."""

import pytest
import stripe


def test_partial_refunds_add_up_to_the_charge_and_no_further(client, pay):
    paid = pay()

    first = client.v1.refunds.create(
        {"payment_intent": paid.id, "amount": 400, "metadata": {"refund": "r1"}, "reason": "duplicate"}
    )
    second = client.v1.refunds.create({"charge": paid.latest_charge})
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.refunds.create({"payment_intent": paid.id})

    assert (first.status, first.amount, first.metadata.to_dict()) == ("succeeded", 400, {"refund": "r1"})
    assert second.amount == 600
    assert refusal.value.code == "charge_already_refunded"
    charge = client.v1.charges.retrieve(paid.latest_charge, {"expand": ["refunds"]})
    assert (charge.refunded, charge.amount_refunded) == (True, 1000)
    assert [refund.id for refund in charge.refunds.data] == [second.id, first.id]
    assert [refund.id for refund in client.v1.refunds.list({"payment_intent": paid.id}).data] == [
        second.id,
        first.id,
    ]


def test_a_refund_beyond_what_is_left_is_refused_and_leaves_no_trace(client, pay):
    paid = pay()
    client.v1.refunds.create({"payment_intent": paid.id, "amount": 400})

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.refunds.create({"payment_intent": paid.id, "amount": 601})

    assert refusal.value.param == "amount"
    assert refusal.value.user_message == (
        "Refund amount ($6.01) is greater than unrefunded amount on charge ($6.00)"
    )
    assert len(client.v1.refunds.list({"payment_intent": paid.id}).data) == 1


def test_the_fee_is_not_given_back(client, pay):
    paid = pay()
    refund = client.v1.refunds.create({"payment_intent": paid.id, "expand": ["balance_transaction"]})

    movement = refund.balance_transaction
    assert (movement.type, movement.amount, movement.fee, movement.net) == ("refund", -1000, 0, -1000)
    balance = client.v1.balance.retrieve()
    assert sum(part.amount for part in (*balance.available, *balance.pending)) == -59


@pytest.mark.parametrize(
    ("params", "code"),
    [({}, "parameter_missing"), ({"payment_intent": "pi_none"}, "resource_missing")],
)
def test_a_refund_of_nothing_is_refused(client, params, code):
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.refunds.create(params)

    assert refusal.value.code == code


def test_a_payment_that_was_never_captured_cannot_be_refunded(client, pay):
    authorized = pay(capture_method="manual")
    created = client.v1.payment_intents.create({"amount": 1000, "currency": "usd"})

    with pytest.raises(stripe.InvalidRequestError) as held:
        client.v1.refunds.create({"payment_intent": authorized.id})
    with pytest.raises(stripe.InvalidRequestError) as unpaid:
        client.v1.refunds.create({"payment_intent": created.id})

    assert held.value.code == "charge_not_refundable"
    assert unpaid.value.code == "payment_intent_unexpected_state"


def test_a_pending_refund_settles_with_time(client, plain, pay):
    paid = pay(payment_method="pm_card_pendingRefund")
    refund = client.v1.refunds.create({"payment_intent": paid.id, "amount": 300})
    assert (refund.status, refund.pending_reason) == ("pending", "processing")

    _, answer, _ = plain("POST", "/sandbox/clock", {"advance_seconds": 61})

    assert answer["worked_off"] == {"settle_refund": 1}
    settled = client.v1.refunds.retrieve(refund.id)
    assert settled.status == "succeeded"
    assert settled.destination_details.card.reference_status == "available"
    types = [event.type for event in client.v1.events.list({"types": ["refund.*"]}).data]
    assert types == ["refund.updated", "refund.created"]


def test_a_refund_that_the_bank_returns_gives_the_money_back_to_the_balance(client, plain, pay):
    paid = pay(payment_method="pm_card_refundFail")
    refund = client.v1.refunds.create({"payment_intent": paid.id})
    assert refund.status == "succeeded"

    plain("POST", "/sandbox/clock", {"advance_seconds": 61})

    failed = client.v1.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    assert failed.failure_balance_transaction.amount == 1000
    charge = client.v1.charges.retrieve(paid.latest_charge)
    assert (charge.refunded, charge.amount_refunded) == (False, 0)
    types = {event.type for event in client.v1.events.list({"limit": 3}).data}
    assert types == {"refund.failed", "refund.updated", "charge.refund.updated"}
    sums = plain("GET", "/books")[1]["accounts"]["sk_test_first"]["usd"]
    assert (sums["refunds_amount_minor"], sums["refunds_returned_minor"], sums["net_minor"]) == (
        1000,
        1000,
        941,
    )


def test_a_pending_refund_can_be_canceled_and_a_settled_one_cannot(client, pay):
    waiting = pay(payment_method="pm_card_pendingRefund")
    refund = client.v1.refunds.create({"payment_intent": waiting.id})
    settled = client.v1.refunds.create({"payment_intent": pay().id})

    canceled = client.v1.refunds.cancel(refund.id)
    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.refunds.cancel(settled.id)

    assert canceled.status == "canceled"
    assert client.v1.charges.retrieve(waiting.latest_charge).amount_refunded == 0
    assert refusal.value.code == "status_transition_invalid"


def test_refunds_settle_by_themselves_on_a_running_sandbox(start_sandbox, receiver):
    sandbox = start_sandbox(settle_seconds=0.1, webhook_url=receiver.url, webhook_secret="whsec_x")
    client = stripe.StripeClient(
        "sk_test_first", base_addresses={"api": sandbox.base_url}, max_network_retries=0
    )
    paid = client.v1.payment_intents.create(
        {"amount": 1000, "currency": "usd", "payment_method": "pm_card_pendingRefund", "confirm": True}
    )
    client.v1.refunds.create({"payment_intent": paid.id})

    receiver.wait_for(2)

    assert receiver.types == ["payment_intent.succeeded", "refund.updated"]
    assert receiver.events[1]["data"]["object"]["status"] == "succeeded"
