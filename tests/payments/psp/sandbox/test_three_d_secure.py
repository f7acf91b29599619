"""Authentication: when it is asked for, the challenge page, and what its two buttons do."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
import stripe

RETURN_URL = "https://shop.example/return?cart=7"


def start(pay, **params):
    return pay(payment_method="pm_card_threeDSecure2Required", return_url=RETURN_URL, **params)


def test_a_challenge_redirects_to_the_sandbox_and_takes_no_money(client, sandbox, pay):
    intent = start(pay)

    assert intent.status == "requires_action"
    assert intent.next_action.type == "redirect_to_url"
    assert intent.next_action.redirect_to_url.url == f"{sandbox.base_url}/3ds/{intent.id}"
    assert intent.next_action.redirect_to_url.return_url == RETURN_URL
    assert client.v1.charges.list().data == []


def test_without_a_return_url_the_browser_library_is_asked(pay):
    intent = pay(payment_method="pm_card_threeDSecure2Required")

    assert intent.status == "requires_action"
    assert intent.next_action.type == "use_stripe_sdk"


def test_the_page_has_both_buttons_and_its_complete_button_pays_and_returns(client, plain, pay):
    intent = start(pay)
    status, page, headers = plain("GET", f"/3ds/{intent.id}")
    assert status == 200
    assert headers["content-security-policy"].startswith("default-src 'none'")
    actions = re.findall(r'action="([^"]+)"', page)
    assert actions == [f"/3ds/{intent.id}/complete", f"/3ds/{intent.id}/fail"]

    status, _, headers = plain("POST", actions[0], "browser=1")

    assert status == 303
    query = parse_qs(urlsplit(headers["location"]).query)
    assert query == {
        "cart": ["7"],
        "payment_intent": [intent.id],
        "payment_intent_client_secret": [intent.client_secret],
        "redirect_status": ["succeeded"],
    }
    paid = client.v1.payment_intents.retrieve(intent.id, {"expand": ["latest_charge"]})
    assert paid.status == "succeeded"
    secure = paid.latest_charge.payment_method_details.card.three_d_secure
    assert (secure.result, secure.authentication_flow) == ("authenticated", "challenge")


def test_the_fail_button_takes_no_money_and_gives_the_intent_back(client, plain, pay):
    intent = start(pay)

    status, _, headers = plain("POST", f"/3ds/{intent.id}/fail", "browser=1")

    assert status == 303
    assert "redirect_status=failed" in headers["location"]
    failed = client.v1.payment_intents.retrieve(intent.id)
    assert failed.status == "requires_payment_method"
    assert failed.last_payment_error.code == "payment_intent_authentication_failure"
    assert client.v1.charges.list().data == []


def test_a_machine_settles_the_challenge_and_a_second_post_changes_nothing(client, plain, pay):
    intent = start(pay, capture_method="manual")

    first = plain("POST", f"/3ds/{intent.id}/complete")
    second = plain("POST", f"/3ds/{intent.id}/fail")

    assert (first[0], first[1]["status"]) == (200, "requires_capture")
    assert (second[0], second[1]["status"]) == (200, "requires_capture")
    assert len(client.v1.charges.list().data) == 1


def test_a_card_may_still_decline_after_authentication(client, plain, pay):
    intent = pay(payment_method="pm_card_threeDSecureRequiredChargeDeclined", return_url=RETURN_URL)

    _, _, headers = plain("POST", f"/3ds/{intent.id}/complete", "browser=1")

    assert "redirect_status=failed" in headers["location"]
    failed = client.v1.payment_intents.retrieve(intent.id)
    assert failed.last_payment_error.decline_code == "generic_decline"


def test_off_session_the_same_card_is_declined_for_lack_of_authentication(client, pay):
    with pytest.raises(stripe.CardError) as decline:
        pay(payment_method="pm_card_authenticationRequired", off_session=True)

    assert decline.value.code == "authentication_required"
    assert decline.value.error.decline_code == "authentication_required"
    intent = client.v1.payment_intents.retrieve(decline.value.error.payment_intent.id)
    assert intent.status == "requires_payment_method"


def test_error_on_requires_action_refuses_instead_of_redirecting(pay):
    with pytest.raises(stripe.CardError) as decline:
        pay(payment_method="pm_card_authenticationRequired", error_on_requires_action=True)

    assert decline.value.code == "authentication_required"
    assert decline.value.error.payment_intent.status == "requires_payment_method"


def test_a_card_set_up_once_pays_off_session_without_another_challenge(client, plain):
    customer = client.v1.customers.create()
    setup = client.v1.setup_intents.create(
        {
            "customer": customer.id,
            "payment_method": "pm_card_authenticationRequiredOnSetup",
            "confirm": True,
            "return_url": RETURN_URL,
        }
    )
    assert setup.status == "requires_action"
    status, body, _ = plain("POST", f"/3ds/{setup.id}/complete")
    assert (status, body["status"]) == (200, "succeeded")

    paid = client.v1.payment_intents.create(
        {
            "amount": 2000,
            "currency": "eur",
            "customer": customer.id,
            "payment_method": setup.payment_method,
            "off_session": True,
            "confirm": True,
        }
    )

    assert paid.status == "succeeded"
    assert client.v1.payment_methods.retrieve(setup.payment_method).customer == customer.id


def test_a_setup_that_fails_authentication_keeps_no_card(client, plain):
    customer = client.v1.customers.create()
    setup = client.v1.setup_intents.create(
        {"customer": customer.id, "payment_method": "pm_card_authenticationRequired", "confirm": True}
    )

    plain("POST", f"/3ds/{setup.id}/fail")

    failed = client.v1.setup_intents.retrieve(setup.id)
    assert failed.status == "requires_payment_method"
    assert failed.last_setup_error.code == "setup_intent_authentication_failure"
    assert client.v1.customers.payment_methods.list(customer.id).data == []


def test_setting_up_a_declining_card_is_refused(client):
    with pytest.raises(stripe.CardError) as decline:
        client.v1.setup_intents.create({"payment_method": "pm_card_chargeDeclined", "confirm": True})

    assert decline.value.error.setup_intent.status == "requires_payment_method"


def test_a_canceled_setup_can_no_longer_be_confirmed(client):
    setup = client.v1.setup_intents.create({"payment_method": "pm_card_visa"})
    assert client.v1.setup_intents.cancel(setup.id).status == "canceled"

    with pytest.raises(stripe.InvalidRequestError) as refusal:
        client.v1.setup_intents.confirm(setup.id)

    assert refusal.value.code == "setup_intent_unexpected_state"


def test_the_page_of_an_unknown_intent_is_not_found(plain):
    assert plain("GET", "/3ds/pi_none")[0] == 404
    assert plain("POST", "/3ds/pi_none/complete")[0] == 404
