"""Any PSP: an authorization ends in one of our outcomes, with what was seen of the card."""

from __future__ import annotations

from dataclasses import replace

import pytest

from foundation.money import Money
from payments.psp.outcomes import Declined, NotSent, RequiresAction, Succeeded
from tests.payments.conftest import closed_port
from tests.payments.psp.contract.faces import USD, Face

pytestmark = pytest.mark.django_db


def test_charge_says_what_was_taken_and_what_was_seen_of_the_card(face: Face) -> None:
    outcome = face.authorize()

    assert isinstance(outcome, Succeeded)
    assert (outcome.amount, outcome.captured) == (Money(10_00, USD), Money(10_00, USD))
    assert outcome.fee is not None
    assert outcome.psp_reference
    assert outcome.authorization_code
    assert outcome.card is not None
    assert (outcome.card.brand, outcome.card.last4, outcome.card.cvc_check) == ("visa", "4242", "pass")
    assert (outcome.card.exp_month, outcome.card.exp_year) == (12, 2034)
    assert face.psp.charges() == 1


def test_authorization_holds_and_takes_nothing(face: Face) -> None:
    held = face.held()

    assert (held.amount, held.captured, held.fee) == (Money(10_00, USD), None, None)
    assert face.psp.books()[USD]["authorized_open_minor"] == 10_00
    assert face.psp.charges() == 0


@pytest.mark.parametrize(
    ("token", "code", "decline_codes", "retryable"),
    [
        ("pm_card_chargeDeclined", "card_declined", ("generic_decline",), True),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", ("insufficient_funds",), True),
        ("pm_card_chargeDeclinedLostCard", "card_declined", ("lost_card", "pickup_card"), False),
        ("pm_card_chargeDeclinedFraudulent", "card_declined", ("fraudulent",), False),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", ("",), False),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", ("",), False),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", ("",), True),
        ("pm_card_sandbox_visa_do_not_honor_03", "card_declined", ("do_not_honor",), False),
        ("pm_card_sandbox_visa_do_not_honor_02", "card_declined", ("do_not_honor",), True),
    ],
)
def test_decline_keeps_its_codes_and_whether_a_later_try_may_pass(
    face: Face, token: str, code: str, decline_codes: tuple[str, ...], retryable: bool
) -> None:
    outcome = face.authorize(token=token)

    assert isinstance(outcome, Declined)
    assert (outcome.code, outcome.retryable) == (code, retryable)
    assert outcome.decline_code in decline_codes
    assert outcome.psp_reference
    assert face.psp.charges() == 0


def test_network_advice_is_read(face: Face) -> None:
    outcome = face.authorize(token="pm_card_sandbox_mastercard_do_not_honor_21")

    assert isinstance(outcome, Declined)
    assert outcome.advice_code == "21"


@pytest.mark.parametrize(
    ("token", "street", "postal_code"),
    [("pm_card_avsFail", "fail", "fail"), ("pm_card_avsZipFail", "pass", "fail")],
)
def test_address_checks_are_read(face: Face, token: str, street: str, postal_code: str) -> None:
    card = face.paid(token=token).card

    assert card is not None
    assert (card.avs_line1_check, card.avs_postal_code_check) == (street, postal_code)


def test_challenge_names_where_the_customer_goes_and_takes_nothing(face: Face) -> None:
    outcome = face.authorize(token="pm_card_authenticationRequired")

    assert isinstance(outcome, RequiresAction)
    assert "/3ds/" in outcome.url
    assert face.psp.charges() == 0


@pytest.mark.parametrize(
    ("wallet", "card"), [("apple_pay", "pm_card_applePay"), ("google_pay", "pm_card_googlePay")]
)
def test_wallet_pays_as_a_card_and_is_named(face: Face, wallet: str, card: str) -> None:
    token = face.wallet_token(wallet, card)

    described = face.connector.describe_token(face.credentials, token)
    outcome = face.paid(token=token)

    assert described.card is not None
    assert (described.type, described.card.wallet) == ("card", wallet)
    assert outcome.card is not None
    assert (outcome.card.brand, outcome.card.wallet) == ("visa", wallet)


def test_declined_wallet_takes_nothing(face: Face) -> None:
    token = face.wallet_token("apple_pay", "pm_card_applePay_chargeDeclined")

    assert isinstance(face.authorize(token=token), Declined)
    assert face.psp.charges() == 0


@pytest.mark.parametrize("passed", [True, False])
def test_challenge_decides(face: Face, passed: bool) -> None:
    request = face.charge(token="pm_card_authenticationRequired")
    waiting = face.connector.authorize(face.credentials, request).outcome
    assert isinstance(waiting, RequiresAction)

    outcome = face.completes(waiting, request, passed=passed)

    assert isinstance(outcome, Succeeded if passed else Declined)
    assert face.psp.charges() == int(passed)
    if isinstance(outcome, Succeeded):
        assert outcome.captured == request.amount
        assert outcome.card is not None
        assert outcome.card.three_d_secure_result == "authenticated"


def test_challenge_without_a_customer_is_a_decline(face: Face) -> None:
    outcome = face.authorize(token="pm_card_authenticationRequired", off_session=True)

    assert isinstance(outcome, Declined)
    assert outcome.code == "authentication_required"


def test_same_key_brings_the_same_charge_back(face: Face) -> None:
    request = face.charge()

    first = face.connector.authorize(face.credentials, request).outcome
    again = face.connector.authorize(face.credentials, request).outcome

    assert again == first
    assert face.psp.charges() == 1


@pytest.mark.parametrize("currency", ["jpy", "kwd", "clp", "isk"])
def test_amount_is_the_same_on_the_way_back(face: Face, currency: str) -> None:
    outcome = face.authorize(120_000, currency)

    assert isinstance(outcome, Succeeded)
    assert outcome.amount == Money(120_000, currency)


def test_closed_port_is_not_sent(face: Face) -> None:
    away = replace(face.credentials, base_url=f"http://127.0.0.1:{closed_port()}")

    answer = face.connector.authorize(away, face.charge())

    assert answer.outcome == NotSent(reason="no_connection")
    assert answer.call.http_status is None


def test_log_of_a_call_holds_no_secret(face: Face) -> None:
    answer = face.connector.authorize(face.credentials, face.charge())

    logged = f"{answer.call.request}{answer.call.answer}"
    assert answer.call.operation == "authorize"
    assert answer.call.latency_ms >= 0
    for secret in (face.credentials.secret_key, "pm_card_visa", "4242"):
        assert secret not in logged
