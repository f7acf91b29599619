"""The Stripe connector against the sandbox: these files are the only place where Stripe's shapes are asserted.

Every outcome of every operation, and a log of calls that holds no secret.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import stripe

from foundation.ids import new_id
from foundation.money import Money
from payments.psp.outcomes import (
    Declined,
    NotSent,
    Pending,
    RequiresAction,
    Succeeded,
    Unknown,
    Voided,
)
from payments.psp.port import (
    Answer,
    AuthorizeRequest,
    Credentials,
    SaveTokenRequest,
    SetupRequest,
    VoidRequest,
)
from tests.factories.scripted_psp import ScriptedPsp
from tests.payments.psp.orders import USD, capture_of, connector, inquiry, refund_of

pytestmark = pytest.mark.django_db


# --- Authorize


def test_charge_says_what_was_taken_the_fee_and_what_was_seen_of_the_card(
    authorize: Callable[..., Answer],
) -> None:
    outcome = authorize().outcome

    assert isinstance(outcome, Succeeded)
    assert (outcome.amount, outcome.captured, outcome.fee) == (
        Money(10_00, USD),
        Money(10_00, USD),
        Money(59, USD),
    )
    assert outcome.psp_reference.startswith("pi_")
    assert outcome.psp_charge_reference.startswith("ch_")
    assert outcome.card is not None
    assert (outcome.card.brand, outcome.card.last4, outcome.card.cvc_check) == ("visa", "4242", "pass")


def test_authorization_has_taken_nothing_and_has_no_fee(held: Succeeded) -> None:
    assert (held.amount, held.captured, held.fee) == (Money(10_00, USD), None, None)


@pytest.mark.parametrize(
    ("token", "code", "decline_code", "retryable"),
    [
        ("pm_card_chargeDeclined", "card_declined", "generic_decline", True),
        ("pm_card_chargeDeclinedInsufficientFunds", "card_declined", "insufficient_funds", True),
        ("pm_card_chargeDeclinedLostCard", "card_declined", "lost_card", False),
        ("pm_card_chargeDeclinedFraudulent", "card_declined", "fraudulent", False),
        ("pm_card_chargeDeclinedExpiredCard", "expired_card", "", False),
        ("pm_card_chargeDeclinedIncorrectCvc", "incorrect_cvc", "", False),
        ("pm_card_chargeDeclinedProcessingError", "processing_error", "", True),
        ("pm_card_sandbox_visa_do_not_honor_03", "card_declined", "do_not_honor", False),
        ("pm_card_sandbox_visa_do_not_honor_02", "card_declined", "do_not_honor", True),
    ],
)
def test_decline_keeps_its_codes_and_whether_a_later_try_may_pass(
    authorize: Callable[..., Answer], token: str, code: str, decline_code: str, retryable: bool
) -> None:
    outcome = authorize(token=token).outcome

    assert isinstance(outcome, Declined)
    assert (outcome.code, outcome.decline_code, outcome.retryable) == (code, decline_code, retryable)
    assert outcome.psp_reference.startswith("pi_")


def test_network_advice_is_read(authorize: Callable[..., Answer]) -> None:
    outcome = authorize(token="pm_card_sandbox_mastercard_do_not_honor_21").outcome

    assert isinstance(outcome, Declined)
    assert outcome.advice_code == "21"


def test_challenge_names_where_the_customer_goes_and_comes_back(authorize: Callable[..., Answer]) -> None:
    outcome = authorize(token="pm_card_authenticationRequired").outcome

    assert isinstance(outcome, RequiresAction)
    assert "/3ds/" in outcome.url
    assert outcome.return_url == "https://shop.example.com/done"


def test_off_session_challenge_is_a_decline(authorize: Callable[..., Answer]) -> None:
    outcome = authorize(token="pm_card_authenticationRequired", off_session=True).outcome

    assert isinstance(outcome, Declined)
    assert outcome.code == "authentication_required"


def test_same_key_brings_the_same_charge_back(authorize: Callable[..., Answer], psp: ScriptedPsp) -> None:
    first = authorize(psp_key="ch_same").outcome
    again = authorize(psp_key="ch_same").outcome

    assert again == first
    assert psp.charges() == 1


def test_same_key_with_another_amount_is_no_decline(
    authorize: Callable[..., Answer], psp: ScriptedPsp
) -> None:
    authorize(psp_key="ch_same")

    outcome = authorize(psp_key="ch_same", amount=Money(20_00, USD)).outcome

    assert isinstance(outcome, Unknown)
    assert psp.charges() == 1


def test_unrepresentable_amount_is_refused_before_any_call(authorize: Callable[..., Answer]) -> None:
    answer = authorize(amount=Money(501, "mga"))

    assert isinstance(answer.outcome, Declined)
    assert (answer.outcome.code, answer.call.http_status) == ("amount_not_representable", None)


def test_wrong_secret_key_turns_us_away_and_moves_nothing(credentials: Credentials) -> None:
    request = AuthorizeRequest(psp_key="ch_1", amount=Money(10_00, USD), token="pm_card_visa")

    answer = connector.authorize(replace(credentials, secret_key="pk_test_not_secret"), request)

    assert answer.outcome == NotSent(reason="stripe_http_401")
    assert answer.call.http_status == 401


# --- Capture, void, refund


def test_capture_says_what_came_on_top(credentials: Credentials, held: Succeeded) -> None:
    first = connector.capture(credentials, capture_of(held, 2_00, is_final=False)).outcome
    second = connector.capture(credentials, capture_of(held, 3_00, before=2_00)).outcome

    assert isinstance(first, Succeeded)
    assert isinstance(second, Succeeded)
    assert (first.captured, first.fee) == (Money(2_00, USD), Money(36, USD))
    assert (second.captured, second.fee) == (Money(3_00, USD), Money(39, USD))


def test_capture_beyond_the_authorization_is_refused(credentials: Credentials, held: Succeeded) -> None:
    outcome = connector.capture(credentials, capture_of(held, 10_01)).outcome

    assert isinstance(outcome, Declined)
    assert outcome.code == "amount_too_large"


def test_void_releases_and_a_second_one_says_so_again(credentials: Credentials, held: Succeeded) -> None:
    void = VoidRequest(psp_key="void_1", psp_reference=held.psp_reference)

    assert connector.void(credentials, void).outcome == Voided(psp_reference=held.psp_reference)
    assert connector.void(credentials, replace(void, psp_key="void_2")).outcome == Voided(
        psp_reference=held.psp_reference
    )


def test_void_of_a_paid_payment_is_refused(credentials: Credentials, paid: Succeeded) -> None:
    void = VoidRequest(psp_key="void_1", psp_reference=paid.psp_reference)

    assert isinstance(connector.void(credentials, void).outcome, Declined)


def test_refund_moves_its_amount(credentials: Credentials, paid: Succeeded) -> None:
    outcome = connector.refund(credentials, refund_of(paid, 4_00, reason="duplicate")).outcome

    assert isinstance(outcome, Succeeded)
    assert (outcome.amount, outcome.psp_reference[:3]) == (Money(4_00, USD), "re_")


def test_refund_beyond_the_charge_is_refused(credentials: Credentials, paid: Succeeded) -> None:
    assert isinstance(connector.refund(credentials, refund_of(paid, 10_01)).outcome, Declined)


def test_refund_that_waits_for_the_bank_is_pending(
    credentials: Credentials, authorize: Callable[..., Answer]
) -> None:
    paid = authorize(token="pm_card_pendingRefund").outcome

    outcome = connector.refund(credentials, refund_of(paid, 4_00)).outcome  # type: ignore[arg-type]

    assert isinstance(outcome, Pending)


# --- Setups and tokens


@pytest.mark.parametrize(
    ("token", "outcome"),
    [
        ("pm_card_visa", Succeeded),
        ("pm_card_authenticationRequired", RequiresAction),
        ("pm_card_chargeDeclined", Declined),
    ],
)
def test_setup_outcomes(credentials: Credentials, token: str, outcome: type[Any]) -> None:
    request = SetupRequest(
        psp_key=f"seti_{new_id().hex}", token=token, return_url="https://shop.example.com/done"
    )

    assert isinstance(connector.set_up(credentials, request).outcome, outcome)


def test_token_is_kept_with_a_customer_made_once(credentials: Credentials) -> None:
    first = connector.save_token(
        credentials, SaveTokenRequest(psp_key="attach_1", customer_key="cus_1", token="pm_card_visa")
    )
    again = connector.save_token(
        credentials, SaveTokenRequest(psp_key="attach_1", customer_key="cus_1", token="pm_card_visa")
    )

    assert isinstance(first.outcome, Succeeded)
    assert first.psp_customer_reference.startswith("cus_")
    assert (again.token, again.psp_customer_reference) == (first.token, first.psp_customer_reference)


def test_token_is_described_or_unknown(credentials: Credentials) -> None:
    known = connector.describe_token(credentials, "pm_card_mastercard")
    unknown = connector.describe_token(credentials, "pm_card_of_nobody")

    assert known.card is not None
    assert (known.type, known.card.brand, known.card.last4) == ("card", "mastercard", "4444")
    assert (unknown.card, unknown.call.outcome) == (None, "not_found")


# --- What is kept of a call


def test_call_log_keeps_ids_states_and_amounts_and_nothing_that_must_not_leak(
    credentials: Credentials, authorize: Callable[..., Answer], psp: ScriptedPsp
) -> None:
    token = private_token(psp)
    calls = [
        authorize(token=token).call,
        authorize(token="pm_card_chargeDeclined").call,
        authorize(token="pm_card_authenticationRequired").call,
        connector.describe_token(credentials, token).call,
        connector.inquire(credentials, inquiry("attempt")).call,
    ]

    written = json.dumps([[call.request, call.answer] for call in calls])
    for secret in (
        psp.key,
        token,
        "client_secret",
        "_secret_",
        "4242",
        "exp_month",
        "cvc",
        "fingerprint",
        "email",
    ):
        assert secret not in written
    assert calls[0].request["amount"] == 10_00
    assert calls[0].answer is not None
    assert (calls[0].answer["status"], calls[0].answer["fee"]) == ("succeeded", 59)
    assert calls[1].answer is not None
    assert calls[1].answer["error"]["decline_code"] == "generic_decline"


def private_token(psp: ScriptedPsp) -> str:
    client = stripe.StripeClient(psp.key, base_addresses={"api": psp.base_url})
    return str(client.v1.payment_methods.create({"type": "card", "card": {"token": "tok_visa"}}).id)


def test_secrets_do_not_show_when_requests_are_printed(credentials: Credentials) -> None:
    request = AuthorizeRequest(psp_key="ch_1", amount=Money(1, USD), token="pm_secret_token")

    assert credentials.secret_key not in repr(credentials)
    assert "pm_secret_token" not in repr(request)
