"""What each declining card answers, and what a decline leaves behind."""

import pytest
import stripe


@pytest.mark.parametrize(
    ("card", "code", "decline_code", "advice"),
    [
        ("chargeDeclined", "card_declined", "generic_decline", "try_again_later"),
        ("visa_chargeDeclined", "card_declined", "generic_decline", "try_again_later"),
        ("chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds", "try_again_later"),
        ("chargeDeclinedLostCard", "card_declined", "lost_card", "do_not_try_again"),
        ("chargeDeclinedStolenCard", "card_declined", "stolen_card", "do_not_try_again"),
        ("chargeDeclinedExpiredCard", "expired_card", None, "confirm_card_data"),
        ("chargeDeclinedIncorrectCvc", "incorrect_cvc", None, "confirm_card_data"),
        ("chargeDeclinedProcessingError", "processing_error", None, "try_again_later"),
        ("chargeDeclinedVelocityLimitExceeded", "card_declined", "card_velocity_exceeded", "try_again_later"),
        ("chargeDeclinedFraudulent", "card_declined", "fraudulent", None),
    ],
)
def test_each_declining_card_gives_its_own_codes(pay, card, code, decline_code, advice):
    with pytest.raises(stripe.CardError) as decline:
        pay(payment_method=f"pm_card_{card}")

    error = decline.value.json_body["error"]
    assert decline.value.http_status == 402
    assert (error["code"], error.get("decline_code"), error.get("advice_code")) == (
        code,
        decline_code,
        advice,
    )


def test_a_decline_books_a_failed_charge_and_gives_the_intent_back(client, pay):
    with pytest.raises(stripe.CardError) as decline:
        pay(payment_method="pm_card_chargeDeclinedInsufficientFunds", metadata={"attempt": "a1"})

    error = decline.value.error
    intent = client.v1.payment_intents.retrieve(error.payment_intent.id, {"expand": ["latest_charge"]})
    assert (intent.status, intent.payment_method) == ("requires_payment_method", None)
    assert intent.last_payment_error.decline_code == "insufficient_funds"
    charge = intent.latest_charge
    assert charge.id == error.charge
    assert (charge.status, charge.paid, charge.amount_captured) == ("failed", False, 0)
    assert (charge.failure_code, charge.outcome.network_decline_code) == ("card_declined", "51")
    assert charge.outcome.network_status == "declined_by_network"
    assert client.v1.balance_transactions.list().data == []


def test_a_declined_intent_can_be_paid_with_another_card(client, pay):
    with pytest.raises(stripe.CardError) as decline:
        pay(payment_method="pm_card_chargeDeclined")

    paid = client.v1.payment_intents.confirm(
        decline.value.error.payment_intent.id, {"payment_method": "pm_card_visa"}
    )

    assert (paid.status, paid.last_payment_error) == ("succeeded", None)
    assert len(client.v1.charges.list({"payment_intent": paid.id}).data) == 2


def test_a_blocked_payment_never_reached_the_network(client, pay):
    with pytest.raises(stripe.CardError) as decline:
        pay(payment_method="pm_card_chargeDeclinedFraudulent")

    outcome = client.v1.charges.retrieve(decline.value.error.charge).outcome
    assert (outcome.type, outcome.network_status) == ("blocked", "not_sent_to_network")
    assert outcome.risk_level == "highest"


def test_the_sandbox_has_cards_for_network_advice_that_stripe_has_none_for(client, pay):
    with pytest.raises(stripe.CardError) as decline:
        pay(payment_method="pm_card_sandbox_mastercard_do_not_honor_21")

    error = decline.value.json_body["error"]
    assert (error["decline_code"], error["network_advice_code"]) == ("do_not_honor", "21")
    charge = client.v1.charges.retrieve(error["charge"])
    assert charge.payment_method_details.card.brand == "mastercard"


def test_a_card_that_only_declines_when_charged_can_be_kept(client):
    customer = client.v1.customers.create({"payment_method": "pm_card_chargeCustomerFail"})
    method = client.v1.customers.payment_methods.list(customer.id).data[0]

    with pytest.raises(stripe.CardError):
        client.v1.payment_intents.create(
            {
                "amount": 1000,
                "currency": "usd",
                "customer": customer.id,
                "payment_method": method.id,
                "confirm": True,
                "off_session": True,
            }
        )


def test_a_declining_card_is_refused_when_attached(client):
    customer = client.v1.customers.create()

    with pytest.raises(stripe.CardError) as decline:
        client.v1.payment_methods.attach("pm_card_chargeDeclined", {"customer": customer.id})

    assert decline.value.code == "card_declined"
    assert client.v1.customers.payment_methods.list(customer.id).data == []


def test_checks_of_a_card_that_fails_cvc_or_address_are_on_the_charge(pay):
    cvc = pay(payment_method="pm_card_cvcCheckFail", expand=["latest_charge"])
    avs = pay(payment_method="pm_card_avsZipFail", expand=["latest_charge"])

    assert cvc.latest_charge.payment_method_details.card.checks.cvc_check == "fail"
    assert avs.latest_charge.payment_method_details.card.checks.address_postal_code_check == "fail"
    assert (cvc.status, avs.status) == ("succeeded", "succeeded")
