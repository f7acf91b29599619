"""Adyen's face of the sandbox, asked as Adyen is asked: over HTTP, with its official SDK where that matters."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import Adyen
import pytest

from payments.psp.sandbox.sandbox import Sandbox

KEY = "AQEyhmfuXNWTK0Qc"
HMAC_KEY = "44782DEF547AAA06C910C43932B1EB0C71FC68D9D0C057550C48EC2ACF6BA056"
Ask = Callable[..., tuple[int, Any, dict[str, str]]]


@pytest.fixture
def ask(plain: Any) -> Ask:
    def call(
        path: str, body: Any, *, key: str | None = None, account: str = KEY
    ) -> tuple[int, Any, dict[str, str]]:
        headers = {"X-API-Key": account} | ({"Idempotency-Key": key} if key else {})
        status, answer, told = plain("POST", f"/v71{path}", body, headers)
        return status, answer, told

    return call


def payment(**changes: Any) -> dict[str, Any]:
    return {
        "amount": {"currency": "USD", "value": 1_000},
        "merchantAccount": "Shop",
        "paymentMethod": {"type": "scheme", "encryptedCardNumber": "test_pm_card_visa"},
        "reference": "order_1",
        "returnUrl": "https://shop.example.com/back",
    } | changes


def manual(**changes: Any) -> dict[str, Any]:
    return payment(additionalData={"manualCapture": "true"}, **changes)


def modification(amount: int | None = None, **changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"merchantAccount": "Shop", "reference": "mod_1"}
    if amount is not None:
        body["amount"] = {"currency": "USD", "value": amount}
    return body | changes


def books(plain: Any) -> dict[str, int]:
    found = plain("GET", f"/books?account={KEY}")[1]["accounts"]
    return dict(found.get(KEY, {}).get("usd", {}))


def worked_off(plain: Any, seconds: int = 3) -> None:
    assert plain("POST", "/sandbox/clock", {"advance_seconds": seconds})[0] == 200


def told(plain: Any) -> list[dict[str, Any]]:
    events = plain("GET", f"/sandbox/events?account={KEY}")[1]["events"]
    return [event["body"]["notificationItems"][0]["NotificationRequestItem"] for event in events]


# --- Who asks, and what for


def test_without_a_key_nobody_is_answered(plain: Any) -> None:
    status, answer, _ = plain("POST", "/v71/payments", payment())

    assert (status, answer["errorType"]) == (401, "security")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (payment(reference=""), "130"),
        (payment(amount={"currency": "USD", "value": "ten"}), "137"),
        (payment(amount={"currency": "ZZZ", "value": 10}), "138"),
        (payment(paymentMethod={"type": "scheme", "encryptedCardNumber": "4111"}), "174"),
        (payment(paymentMethod={"type": "scheme", "storedPaymentMethodId": "NOSUCH"}), "803"),
        (payment(storePaymentMethod=True), "130"),
    ],
)
def test_request_that_says_too_little_is_refused_and_books_nothing(
    ask: Ask, plain: Any, body: dict[str, Any], code: str
) -> None:
    status, answer, _ = ask("/payments", body)

    assert (status, answer["errorCode"]) == (422, code)
    assert books(plain) == {}


def test_official_sdk_pays_here(sandbox: Sandbox) -> None:
    client = Adyen.AdyenClient(xapikey=KEY, platform="test")
    checkout = Adyen.services.checkout.AdyenCheckoutApi(client=client)
    checkout.payments_api.baseUrl = f"{sandbox.base_url}/v71"

    result = checkout.payments_api.payments(payment(), idempotency_key="k1")

    assert result.message["resultCode"] == "Authorised"
    assert len(result.psp) == 16


# --- Keys


def test_key_brings_the_first_answer_back_for_seven_days(ask: Ask, plain: Any) -> None:
    first = ask("/payments", payment(), key="k1")[1]

    worked_off(plain, 7 * 86_400 - 60)
    again = ask("/payments", payment(), key="k1")[1]
    worked_off(plain, 120)
    later = ask("/payments", payment(reference="order_2"), key="k1")[1]

    assert again == first
    assert later["pspReference"] != first["pspReference"]


def test_refused_form_may_be_corrected_under_the_same_key(ask: Ask) -> None:
    assert ask("/payments", payment(reference=""), key="k1")[0] == 422

    assert ask("/payments", payment(), key="k1")[1]["resultCode"] == "Authorised"


def test_key_in_flight_is_told_so(ask: Ask, faults: Callable[..., None]) -> None:
    faults({"match": {"operation": "authorize"}, "fault": "answer_late", "seconds": 2, "times": 1})
    answers: list[tuple[int, Any, dict[str, str]]] = []

    def pay() -> None:
        answers.append(ask("/payments", payment(), key="k1"))

    both = [threading.Thread(target=pay) for _ in range(2)]
    for one in both:
        one.start()
    for one in both:
        one.join()

    busy, done = sorted(answers, key=lambda answer: -answer[0])
    assert (busy[0], busy[1]["errorCode"], busy[2]["transient-error"]) == (422, "704", "true")
    assert (done[0], done[1]["resultCode"]) == (200, "Authorised")


def test_merchant_reference_that_was_authorised_is_refused_as_risk(ask: Ask, plain: Any) -> None:
    ask("/payments", payment(), key="k1")

    again = ask("/payments", payment(), key="k2")[1]

    assert (again["resultCode"], again["refusalReasonCode"]) == ("Refused", "20")
    assert books(plain)["captures_count"] == 1


def test_merchant_reference_that_was_refused_may_be_tried_again(ask: Ask) -> None:
    declined = {"type": "scheme", "encryptedCardNumber": "pm_card_chargeDeclined"}
    assert ask("/payments", payment(paymentMethod=declined))[1]["resultCode"] == "Refused"

    assert ask("/payments", payment())[1]["resultCode"] == "Authorised"


# --- What was received is done later


def test_modification_books_nothing_until_it_is_worked_off(ask: Ask, plain: Any) -> None:
    reference = ask("/payments", manual())[1]["pspReference"]

    status, answer, _ = ask(f"/payments/{reference}/captures", modification(600))

    assert (status, answer["status"], answer["paymentPspReference"]) == (201, "received", reference)
    assert books(plain)["captures_count"] == 0
    worked_off(plain)
    assert books(plain)["charges_gross_minor"] == 600
    capture = told(plain)[-1]
    assert (capture["eventCode"], capture["success"]) == ("CAPTURE", "true")
    assert (capture["pspReference"], capture["originalReference"]) == (answer["pspReference"], reference)
    assert capture["merchantReference"] == "mod_1"


@pytest.mark.parametrize(("captured", "action"), [(True, "refund"), (False, "cancel")])
def test_reversal_gives_back_or_lets_go(ask: Ask, plain: Any, captured: bool, action: str) -> None:
    reference = ask("/payments", payment() if captured else manual())[1]["pspReference"]

    ask(f"/payments/{reference}/reversals", modification())
    worked_off(plain)

    item = told(plain)[-1]
    assert (item["eventCode"], item["success"]) == ("CANCEL_OR_REFUND", "true")
    assert item["additionalData"]["modification.action"] == action
    sums = books(plain)
    assert sums.get("refunds_amount_minor", 0) == (1_000 if captured else 0)
    assert sums.get("authorized_open_minor", 0) == 0


@pytest.mark.parametrize("kind", ["PreAuth", "FinalAuth"])
def test_amount_of_what_was_preauthorised_is_adjusted(ask: Ask, plain: Any, kind: str) -> None:
    asked = payment(additionalData={"manualCapture": "true", "authorisationType": kind})
    reference = ask("/payments", asked)[1]["pspReference"]

    ask(f"/payments/{reference}/amountUpdates", modification(1_500))
    worked_off(plain)

    item = told(plain)[-1]
    is_done = kind == "PreAuth"
    assert (item["eventCode"], item["success"]) == ("AUTHORISATION_ADJUSTMENT", str(is_done).lower())
    assert books(plain)["authorized_open_minor"] == (1_500 if is_done else 1_000)


def test_modification_of_nobodys_payment_is_refused(ask: Ask, plain: Any) -> None:
    reference = ask("/payments", manual())[1]["pspReference"]

    status, answer, _ = ask(f"/payments/{reference}/captures", modification(600), account="another")

    assert (status, answer["errorCode"]) == (422, "167")
    worked_off(plain)
    assert books(plain)["captures_count"] == 0


def test_challenge_authorises_only_once_the_details_are_told(ask: Ask, plain: Any) -> None:
    challenged = {"type": "scheme", "encryptedCardNumber": "pm_card_authenticationRequired"}
    asked = ask("/payments", payment(paymentMethod=challenged))[1]
    assert (asked["resultCode"], "pspReference" in asked) == ("RedirectShopper", False)
    page = asked["action"]["url"].partition("/3ds/")[2]
    brought = plain("POST", f"/3ds/{page}/complete")[1]["redirectResult"]
    assert books(plain) == {}

    answers = [ask("/payments/details", {"details": {"redirectResult": brought}})[1] for _ in range(2)]

    assert [answer["resultCode"] for answer in answers] == ["Authorised", "Authorised"]
    assert books(plain)["captures_count"] == 1
    assert ask("/payments/details", {"details": {"redirectResult": brought + "x"}})[0] == 422


# --- What is no card


def debit(ending: str = "A. Klaassen", **changes: Any) -> dict[str, Any]:
    method = {"type": "sepadirectdebit", "iban": "DE89370400440532013000", "ownerName": ending}
    return payment(paymentMethod=method, amount={"currency": "EUR", "value": 1_000}) | changes


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (debit(amount={"currency": "USD", "value": 1_000}), "138"),
        (debit(additionalData={"manualCapture": "true"}), "702"),
        (debit(shopperInteraction="ContAuth"), "702"),
        (payment(paymentMethod={"type": "klarna"}), "130"),
        (payment(paymentMethod={"type": "wechatpay"}), "905_1"),
    ],
)
def test_method_is_refused_what_it_can_not_do(ask: Ask, plain: Any, body: dict[str, Any], code: str) -> None:
    status, answer, _ = ask("/payments", body)

    assert (status, answer["errorCode"]) == (422, code)
    assert (books(plain), told(plain)) == ({}, [])


def test_debit_is_received_then_authorised_then_taken_back(ask: Ask, plain: Any) -> None:
    asked = ask("/payments", debit("chargeback:MD06"))[1]
    assert (asked["resultCode"], bool(asked["additionalData"]["sepadirectdebit.mandateId"])) == (
        "Received",
        True,
    )

    for days in (4, 5):
        worked_off(plain, days * 86_400 + 60)

    items = [(item["eventCode"], item["success"], item["reason"]) for item in told(plain)]
    assert items == [("PENDING", "true", ""), ("AUTHORISATION", "true", ""), ("CHARGEBACK", "true", "MD06")]
    last = told(plain)[-1]
    assert last["originalReference"] == asked["pspReference"] != last["pspReference"]
    ask(
        f"/payments/{asked['pspReference']}/refunds",
        modification() | {"amount": debit()["amount"] | {"value": 100}},
    )
    worked_off(plain)
    assert (told(plain)[-1]["eventCode"], told(plain)[-1]["success"]) == ("REFUND", "false")


def test_shopper_decides_at_their_bank_whether_they_come_back_or_not(ask: Ask, plain: Any) -> None:
    asked = ask("/payments", debit(paymentMethod={"type": "ideal"}))[1]
    page = asked["action"]["url"].partition("/3ds/")[2]

    brought = plain("POST", f"/3ds/{page}/complete")[1]["redirectResult"]

    assert [item["eventCode"] for item in told(plain)] == ["AUTHORISATION"]
    answer = ask("/payments/details", {"details": {"redirectResult": brought}})[1]
    assert (answer["resultCode"], answer["paymentMethod"]) == ("Authorised", {"type": "ideal"})


def test_offer_is_closed_when_its_time_is_over(ask: Ask, plain: Any) -> None:
    asked = ask("/payments", debit(paymentMethod={"type": "ideal"}))[1]
    page = asked["action"]["url"].partition("/3ds/")[2]

    worked_off(plain, 2 * 3_600 + 1)
    plain("POST", f"/3ds/{page}/complete")

    assert [item["eventCode"] for item in told(plain)] == ["OFFER_CLOSED"]
    assert books(plain) == {}


def test_fees_are_deducted_only_where_the_account_has_it_so(ask: Ask, plain: Any) -> None:
    ask("/payments", payment())
    assert books(plain)["fees_minor"] == 0

    assert plain("POST", "/sandbox/adyen_fees", {"account": KEY, "deducted": True})[0] == 200
    ask("/payments", payment(reference="order_2"))
    plain("POST", "/sandbox/adyen_fees", {"account": KEY, "deducted": False})

    assert books(plain)["fees_minor"] == 29 + 30
    assert plain("POST", "/sandbox/adyen_fees", {"account": KEY})[0] == 400


# --- Cards kept


def test_card_stored_with_a_payment_is_listed_charged_and_forgotten(ask: Ask, plain: Any) -> None:
    kept = payment(storePaymentMethod=True, shopperReference="cus_1", recurringProcessingModel="CardOnFile")
    seen = ask("/payments", kept)[1]["additionalData"]
    token = seen["tokenization.storedPaymentMethodId"]
    headers = {"X-API-Key": KEY}
    path = "/v71/storedPaymentMethods"

    listed = plain("GET", f"{path}?merchantAccount=Shop&shopperReference=cus_1", None, headers)[1]
    charged = payment(
        reference="order_2",
        paymentMethod={"type": "scheme", "storedPaymentMethodId": token},
        shopperReference="cus_1",
        shopperInteraction="ContAuth",
        recurringProcessingModel="UnscheduledCardOnFile",
    )
    paid = ask("/payments", charged)[1]
    plain("DELETE", f"{path}/{token}?merchantAccount=Shop&shopperReference=cus_1", None, headers)
    gone = ask("/payments", charged | {"reference": "order_3"})

    assert [one["id"] for one in listed["storedPaymentMethods"]] == [token]
    assert paid["resultCode"] == "Authorised"
    assert (gone[0], gone[1]["errorCode"]) == (422, "803")


# --- Notifications on their way


def test_notification_is_signed_and_repeated_until_it_is_accepted(
    ask: Ask, plain: Any, receiver: Any
) -> None:
    receiver.says = [b"thank you", b"[accepted]"]
    plain("POST", "/sandbox/webhook_endpoints", {"account": KEY, "url": receiver.url, "secret": HMAC_KEY})

    ask("/payments", payment())

    bodies = receiver.wait_for(2)
    items = [body["notificationItems"][0]["NotificationRequestItem"] for body in bodies]
    assert [item["eventCode"] for item in items] == ["AUTHORISATION", "AUTHORISATION"]
    assert all(Adyen.util.is_valid_hmac_notification(body, HMAC_KEY) for body in bodies)


def test_account_of_adyen_hears_nothing_in_stripes_words(ask: Ask, plain: Any) -> None:
    ask("/payments", payment())
    order = {"account": KEY, "include_pending": True, "arrival_seconds": 0}

    assert plain("POST", "/sandbox/payouts", order)[0] == 200

    assert [item["eventCode"] for item in told(plain)] == ["AUTHORISATION"]
