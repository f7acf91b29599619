"""Adyen's answers and notifications, read: what each proves, and what is only said."""

from __future__ import annotations

import json
from typing import Any

import pytest

from foundation.money import Money
from payments.psp.adyen import webhooks
from payments.psp.adyen.methods import HOUSE_NAMES, RETURN_CODES, facts_of, fields_of, type_of
from payments.psp.adyen.reading import read_payment
from payments.psp.methods import METHOD_TYPES
from payments.psp.outcomes import CardFacts, Declined, Outcome, Pending, Returned, Succeeded, Unknown, Voided
from payments.psp.port import PspNews, WebhookRefused
from tests.factories.adyen import HMAC_KEY, MERCHANT_ACCOUNT, envelope, item_of

ROLLED_KEY = "0123456789ABCDEF" * 4
EUR = Money(10_00, "eur")


def answered(**answer: Any) -> Outcome:
    return read_payment(answer, asked=EUR, is_captured=True)


def news(code: str, **fields: Any) -> PspNews:
    return webhooks.parse(envelope(item_of(code, **fields)))


# --- Answers


@pytest.mark.parametrize("result", ["Received", "Pending"])
def test_what_is_under_way_is_pending_under_its_reference(result: str) -> None:
    """UPI in an app, a debit: nobody decides while we wait."""
    outcome = answered(
        resultCode=result, pspReference="REF", additionalData={"sepadirectdebit.mandateId": "M1"}
    )

    assert outcome == Pending(psp_reference="REF", mandate_reference="M1")


def test_what_is_under_way_without_a_reference_proves_nothing() -> None:
    assert answered(resultCode="Received") == Unknown(reason="adyen_received_without_reference")


@pytest.mark.parametrize("method", [name for name, ours in HOUSE_NAMES.items() if ours != "card"])
def test_bank_is_no_card(method: str) -> None:
    outcome = answered(resultCode="Authorised", pspReference="REF", additionalData={"paymentMethod": method})

    assert isinstance(outcome, Succeeded)
    assert (outcome.card, outcome.captured) == (None, EUR)


@pytest.mark.parametrize("result", ["PartiallyAuthorised", "PresentToShopper", "SomethingNew"])
def test_result_that_nobody_knows_is_unknown(result: str) -> None:
    assert answered(resultCode=result, pspReference="REF") == Unknown(reason=f"adyen_result_{result}")


def test_amount_that_adyen_says_counts_not_the_one_asked_for() -> None:
    outcome = answered(resultCode="Authorised", pspReference="REF", amount={"currency": "EUR", "value": 9_00})

    assert isinstance(outcome, Succeeded)
    assert (outcome.amount, outcome.captured) == (Money(9_00, "eur"), Money(9_00, "eur"))


# --- Notifications


def test_pending_proves_that_the_payment_exists() -> None:
    told = news("PENDING", merchantReference="ch_1", pspReference="REF")

    assert (told.kind, told.psp_key, told.outcome) == ("attempt", "ch_1", Pending(psp_reference="REF"))


def test_closed_offer_is_a_decline_of_the_payment() -> None:
    told = news("OFFER_CLOSED", merchantReference="ch_1", pspReference="REF")

    assert (told.kind, told.psp_key) == ("attempt", "ch_1")
    assert told.outcome == Declined(code="payment_intent_payment_attempt_expired", psp_reference="REF")


@pytest.mark.parametrize("code", ["PENDING", "OFFER_CLOSED"])
def test_what_did_not_succeed_proves_nothing(code: str) -> None:
    assert news(code, success="false").outcome is None


def test_adjustment_says_what_is_authorised_in_all() -> None:
    told = news(
        "AUTHORISATION_ADJUSTMENT", merchantReference="inc_1", originalReference="PAY", pspReference="A"
    )
    refused = news("AUTHORISATION_ADJUSTMENT", success="false", reason="No", pspReference="A")

    assert (told.kind, told.psp_key, told.parent_reference) == ("increment", "inc_1", "PAY")
    assert told.outcome == Succeeded(psp_reference="A", amount=Money(10_00, "usd"))
    assert refused.outcome == Declined(code="increment_failed", message="No", psp_reference="A")


@pytest.mark.parametrize(
    ("reason", "code"), [("AM04", "insufficient_funds"), ("r10", "debit_not_authorized"), ("ZZ", "")]
)
def test_chargeback_says_what_it_is_for_a_debit_and_for_a_card(reason: str, code: str) -> None:
    told = news("CHARGEBACK", originalReference="PAY", additionalData={"chargebackReasonCode": reason})

    assert told.outcome == Returned(psp_reference="PAY", code=code)
    assert (told.kind, told.psp_reference) == ("dispute", "PAY")
    assert told.dispute is not None


def test_chargeback_of_nothing_named_is_a_disputes_only() -> None:
    assert news("CHARGEBACK").outcome is None


def test_expiry_is_known_by_the_payments_reference_or_else_by_our_key() -> None:
    named = news("EXPIRE", originalReference="PAY", merchantReference="ch_1")
    unnamed = news("EXPIRE", merchantReference="ch_1")

    assert (named.psp_key, named.psp_reference) == ("", "PAY")
    assert (unnamed.psp_key, unnamed.psp_reference) == ("ch_1", "")
    assert named.outcome == Voided(psp_reference="PAY", is_expiry=True)


def test_reversal_in_the_customer_area_is_money_that_left() -> None:
    told = news("CANCEL_OR_REFUND", originalReference="PAY", pspReference="REV")

    assert (told.kind, told.psp_reference) == ("refund", "REV")
    assert told.outcome == Succeeded(psp_reference="REV", amount=Money(10_00, "usd"))


def test_amount_in_units_that_nobody_has_is_still_told_as_an_event() -> None:
    told = news("CAPTURE", amount={"currency": "CLP", "value": 150})

    assert (told.event_type, told.outcome) == ("CAPTURE", None)


def test_name_of_an_event_fits_its_column() -> None:
    assert len(news("CAPTURE", pspReference="R" * 200, eventCode="X" * 200).event_id) == 255


# --- Keys


def test_both_keys_are_good_while_one_is_rolled_and_no_third() -> None:
    keys = (ROLLED_KEY, HMAC_KEY)

    for key in keys:
        webhooks.verify(keys, MERCHANT_ACCOUNT, envelope(item_of("CAPTURE"), key=key))
    with pytest.raises(WebhookRefused, match="signature_wrong"):
        webhooks.verify(keys, MERCHANT_ACCOUNT, envelope(item_of("CAPTURE"), key="FF" * 32))


def test_batch_across_the_roll_is_taken_whole() -> None:
    old, new = (
        json.loads(envelope(item_of("CAPTURE", pspReference=key[:16]), key=key))
        for key in (HMAC_KEY, ROLLED_KEY)
    )
    body = json.dumps({"notificationItems": old["notificationItems"] + new["notificationItems"]}).encode()

    webhooks.verify((ROLLED_KEY, HMAC_KEY), MERCHANT_ACCOUNT, body)

    assert len(webhooks.split(body)) == 2


def test_one_item_of_another_merchant_account_refuses_the_batch() -> None:
    body = envelope(item_of("CAPTURE"), item_of("CAPTURE", merchantAccountCode="SomebodyElse"))

    with pytest.raises(WebhookRefused, match="other_merchant_account"):
        webhooks.verify((HMAC_KEY,), MERCHANT_ACCOUNT, body)


# --- Tokens


def test_every_name_of_adyens_is_one_that_we_charge() -> None:
    assert set(HOUSE_NAMES.values()) == set(METHOD_TYPES["adyen"])
    assert all(code == code.upper() for code in RETURN_CODES)


@pytest.mark.parametrize(
    ("token", "kind"),
    [
        ("adyenjs_0_1_25$abc", "card"),
        ('{"type": "scheme", "encryptedCardNumber": "x"}', "card"),
        ('{"type": "applepay", "applePayToken": "x"}', "card"),
        ('{"type": "klarna_account"}', "klarna"),
        ('{"type": "wechatpayWeb"}', ""),
    ],
)
def test_token_names_its_method(token: str, kind: str) -> None:
    assert type_of(token) == kind


@pytest.mark.parametrize("token", ['{"type": ', "{]"])
def test_token_that_only_begins_like_json_is_refused(token: str) -> None:
    with pytest.raises(ValueError):
        fields_of(token)


@pytest.mark.parametrize(
    ("fields", "facts"),
    [
        ({"iban": "de89 3704 0044 0532 0130 00"}, CardFacts(last4="3000", country="DE")),
        ({"iban": "4111111111111111"}, CardFacts()),
        ({"encryptedBankAccountNumber": "x"}, CardFacts()),
    ],
)
def test_account_tells_only_what_is_no_secret(fields: dict[str, Any], facts: CardFacts) -> None:
    assert facts_of(fields) == facts
