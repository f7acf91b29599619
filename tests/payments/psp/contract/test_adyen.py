"""Adyen alone: what follows from its having no lookup, and from its answering modifications later."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from foundation.ids import new_id
from foundation.money import Money
from payments.models import PspWebhook
from payments.psp.adyen.amounts import AmountNotRepresentable, from_adyen, to_adyen
from payments.psp.adyen.refusals import CODES_BY_REASON, REFUSALS
from payments.psp.outcomes import Declined, Pending, Succeeded, Unknown, Voided
from payments.psp.port import InquireRequest, SaveTokenRequest, SetupRequest, VoidRequest, WebhookRefused
from payments.psp.sandbox.sandbox import Sandbox
from tests.factories import adyen
from tests.factories.scripted_psp import ScriptedPsp
from tests.payments.psp.contract.faces import USD, AdyenSide

pytestmark = pytest.mark.django_db


@pytest.fixture
def face(sandbox: Sandbox) -> Iterator[AdyenSide]:
    psp = ScriptedPsp(sandbox, key=f"AQE{new_id().hex}")
    yield AdyenSide(psp)
    psp.heals()


# --- Sent again, never charged twice


def test_forgotten_key_is_no_second_charge(face: AdyenSide) -> None:
    request = face.charge()
    face.psp.fails("timeout_after_booking", seconds=2)
    face.psp.fails("forget_key", times=5)
    assert isinstance(face.connector.authorize(face.credentials, request).outcome, Unknown)

    found = face.became_of("attempt", request)

    assert found == Unknown(reason="adyen_refused_the_repeat")
    assert face.psp.charges() == 1


def test_without_the_rule_against_duplicates_a_charge_is_never_sent_again(face: AdyenSide) -> None:
    request = face.charge()
    face.psp.fails("timeout_before_booking", seconds=2)
    face.connector.authorize(face.credentials, request)
    settings = {"merchant_account": adyen.MERCHANT_ACCOUNT}
    face.credentials = replace(face.credentials, settings=settings)

    found = face.became_of("attempt", request)

    assert found == Unknown(reason="adyen_without_duplicate_rule")
    assert face.psp.charges() == 0


@pytest.mark.parametrize(
    ("known", "reason"),
    [
        ({"age_seconds": 7 * 86_400}, "adyen_key_too_old"),
        ({"repeat": None}, "adyen_will_notify"),
    ],
)
def test_inquiry_that_may_not_repeat_makes_no_call(
    face: AdyenSide, known: dict[str, object], reason: str
) -> None:
    request = face.charge()

    answer = face.connector.inquire(
        face.credentials,
        InquireRequest(
            **{"kind": "attempt", "psp_key": request.psp_key, "amount": request.amount, "repeat": request}
            | known
        ),
    )

    assert (answer.outcome, answer.call) == (Unknown(reason=reason), None)
    assert face.psp.books() == {}


@pytest.mark.parametrize("kind", ["capture", "refund"])
def test_movement_is_sent_again_only_when_a_second_would_not_fit_or_its_news_is_overdue(
    face: AdyenSide, kind: str
) -> None:
    made = face.held() if kind == "capture" else face.paid()
    request = face.capture_of(made, 2_00) if kind == "capture" else face.refund_of(made, 2_00)

    assert face.became_of(kind, request, second_is_refused=False) == Unknown(reason="adyen_may_still_notify")


def test_full_refund_under_a_forgotten_key_is_paid_once(face: AdyenSide) -> None:
    paid = face.paid()
    request = face.refund_of(paid, 10_00)
    face.psp.fails("reset_after_booking", operation="refund")
    face.psp.fails("forget_key", operation="refund", times=5)
    face.connector.refund(face.credentials, request)

    face.became_of("refund", request)

    assert face.psp.books()[USD]["refunds_amount_minor"] == 10_00


# --- Later


@pytest.mark.parametrize("operation", ["capture", "refund", "cancel"])
def test_modification_that_was_received_may_still_fail(face: AdyenSide, operation: str) -> None:
    face.psp.fails("modification_fails", operation=operation)
    connector, credentials = face.connector, face.credentials
    if operation == "capture":
        answer = connector.capture(credentials, face.capture_of(face.held(), 10_00))
    elif operation == "refund":
        answer = connector.refund(credentials, face.refund_of(face.paid(), 10_00))
    else:
        answer = connector.void(credentials, face.void_of(face.held()))
    assert isinstance(answer.outcome, Pending)

    outcome = face.proven(answer)

    assert isinstance(outcome, Declined)
    assert (
        outcome.code
        == {"capture": "capture_failed", "refund": "refund_failed", "cancel": "void_failed"}[operation]
    )


def test_challenge_nobody_finished_is_canceled_by_our_key(face: AdyenSide) -> None:
    request = face.charge(token="pm_card_authenticationRequired")
    face.connector.authorize(face.credentials, request)
    void = VoidRequest(psp_key="void_1", psp_reference="", attempt_key=request.psp_key)

    answer = face.connector.void(face.credentials, void)
    face.psp.time_passes(seconds=3)

    assert isinstance(answer.outcome, Pending)
    (item,) = adyen.told(face.psp, "TECHNICAL_CANCEL")
    news = face.connector.parse_webhook(adyen.envelope(item))
    assert (news.kind, news.psp_key) == ("void", "void_1")
    assert isinstance(news.outcome, Voided)


def test_expiry_is_told_from_a_void(face: AdyenSide) -> None:
    held = face.held()

    face.psp.time_passes(seconds=7 * 86_400 + 5)

    (item,) = adyen.told(face.psp, "EXPIRE")
    news = face.connector.parse_webhook(adyen.envelope(item))
    assert news.outcome == Voided(psp_reference=held.psp_reference, is_expiry=True)


def test_rest_that_a_final_capture_lets_go_is_no_void_of_the_payment(face: AdyenSide) -> None:
    held = face.held()
    face.proven(face.connector.capture(face.credentials, face.capture_of(held, 6_00)))

    (item,) = adyen.told(face.psp, "CANCELLATION")

    assert face.connector.parse_webhook(adyen.envelope(item)).kind == ""


# --- Cards kept


def test_card_is_kept_for_a_customer_and_charged_without_them(face: AdyenSide) -> None:
    saved = face.connector.save_token(
        face.credentials, SaveTokenRequest(psp_key="attach_1", customer_key="cus_1", token="pm_card_visa")
    )
    assert isinstance(saved.outcome, Succeeded)
    assert saved.token
    assert saved.psp_customer_reference == "cus_1"

    charged = face.authorize(
        token=saved.token, psp_customer_reference=saved.psp_customer_reference, off_session=True
    )

    assert isinstance(charged, Succeeded)
    assert charged.network_transaction_id


def test_card_of_another_shopper_is_not_found(face: AdyenSide) -> None:
    saved = face.connector.save_token(
        face.credentials, SaveTokenRequest(psp_key="attach_1", customer_key="cus_1", token="pm_card_visa")
    )

    outcome = face.authorize(token=saved.token, psp_customer_reference="cus_2")

    assert isinstance(outcome, Declined)
    assert outcome.decline_code == "adyen_803"


def test_card_is_checked_for_nothing(face: AdyenSide) -> None:
    request = SetupRequest(
        psp_key="seti_1", token="pm_card_visa", completion_url="https://us.example.com/back"
    )

    outcome = face.connector.set_up(face.credentials, request).outcome

    assert isinstance(outcome, Succeeded)
    assert face.psp.books() == {}
    (item,) = adyen.told(face.psp, "AUTHORISATION")
    assert face.connector.parse_webhook(adyen.envelope(item)).kind == "setup_intent"


def test_token_of_the_component_says_its_brand(face: AdyenSide) -> None:
    token = json.dumps({"type": "scheme", "encryptedCardNumber": "test_pm_card_mastercard"})

    described = face.connector.describe_token(face.credentials, token)

    assert described.card is not None
    assert (described.type, described.card.brand, described.card.country) == ("card", "mastercard", "US")
    assert token not in f"{described.call.request}{described.call.answer}"
    assert isinstance(face.authorize(token=token), Succeeded)


def test_unknown_token_is_not_found(face: AdyenSide) -> None:
    described = face.connector.describe_token(face.credentials, "no_such_card")

    assert (described.card, described.call.outcome) == (None, "not_found")


# --- Notifications


def test_notification_with_many_items_is_one_event_each(face: AdyenSide) -> None:
    shop = face.open_shop()
    items = [adyen.item_of("CAPTURE", pspReference=f"REF{number}") for number in range(3)]

    answer = adyen.post(shop, adyen.envelope(*items))

    assert (answer.status_code, answer.content) == (200, b"[accepted]")
    rows = PspWebhook.objects.for_merchant(shop.id).order_by("event_id")
    assert [row.event_id for row in rows] == [f"CAPTURE:REF{number}:true" for number in range(3)]
    for row in rows:
        face.connector.verify_webhook(face.credentials, row.body.encode(), {}, 0)


def test_one_forged_item_among_true_ones_refuses_all(face: AdyenSide) -> None:
    shop = face.open_shop()
    body = adyen.envelope(adyen.item_of("CAPTURE"), adyen.item_of("CAPTURE", pspReference="FORGED"))

    answer = adyen.post(shop, body.replace(b"FORGED", b"FALSER"))

    assert answer.status_code == 400
    assert not PspWebhook.objects.for_merchant(shop.id).exists()


def test_notification_of_another_merchant_account_is_refused(face: AdyenSide) -> None:
    body = adyen.envelope(adyen.item_of("CAPTURE", merchantAccountCode="SomebodyElse"))

    with pytest.raises(WebhookRefused, match="other_merchant_account"):
        face.connector.verify_webhook(face.credentials, body, {}, 0)


def test_risk_refusal_in_a_notification_proves_nothing(face: AdyenSide) -> None:
    item = adyen.item_of("AUTHORISATION", success="false", reason="FRAUD")

    assert face.connector.parse_webhook(adyen.envelope(item)).outcome is None


def test_signature_is_adyens_own(face: AdyenSide) -> None:
    """Adyen's published example: github.com/Adyen/adyen-python-api-library, test of the utilities."""
    item = {
        "pspReference": "7914073381342284",
        "merchantReference": "TestPayment-1407325143704",
        "merchantAccountCode": "TestMerchant",
        "amount": {"currency": "EUR", "value": 1130},
        "eventCode": "AUTHORISATION",
        "success": "true",
    }

    assert adyen.signature(item) == "coqCmt/IZ4E3CzPvMY8zTjQVL5hYJUiBRg8UU+iCWo0="


# --- Tables


@pytest.mark.parametrize(
    ("amount", "value"),
    [
        (Money(1_000, "usd"), 1_000),
        (Money(1_000, "jpy"), 1_000),
        (Money(1_234, "kwd"), 1_234),
        (Money(1_000, "clp"), 100_000),
        (Money(1_000, "isk"), 100_000),
        (Money(100_000, "idr"), 1_000),
        (Money(100_000, "cve"), 1_000),
    ],
)
def test_currencies_that_adyen_counts_otherwise(amount: Money, value: int) -> None:
    counted = to_adyen(amount)

    assert counted == {"currency": amount.currency.upper(), "value": value}
    assert from_adyen(counted) == amount


def test_amount_that_adyen_can_not_count_is_refused_here(face: AdyenSide) -> None:
    with pytest.raises(AmountNotRepresentable):
        to_adyen(Money(1_050, "idr"))

    outcome = face.authorize(1_050, "idr")
    assert isinstance(outcome, Declined)
    assert outcome.code == "amount_not_representable"


def test_every_reason_in_words_has_a_row_in_the_table() -> None:
    assert set(CODES_BY_REASON.values()) <= set(REFUSALS)
