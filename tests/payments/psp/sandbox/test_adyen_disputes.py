"""The sandbox's Adyen face: disputes, asked with the official SDK, told as Adyen tells."""

import base64

import Adyen
import pytest
import requests

from tests.factories.adyen import MERCHANT_ACCOUNT
from tests.factories.dispute_desk import pdf

KEY = "AQE_disputes"
DAY = 86_400
DISPUTE_BOOKS = ("disputes_withdrawn_minor", "disputes_reinstated_minor", "disputes_fees_minor")


@pytest.fixture
def client():
    return Adyen.AdyenClient(xapikey=KEY, platform="test")


@pytest.fixture
def api(sandbox, client):
    disputes = Adyen.services.disputes.AdyenDisputesApi(client=client).disputes_api
    disputes.baseUrl = f"{sandbox.base_url}/ca/services/DisputeService/v30"
    return disputes


@pytest.fixture
def control(sandbox):
    def call(path, **body):
        answer = requests.post(f"{sandbox.base_url}{path}", json={"account": KEY, **body}, timeout=5)
        return answer.status_code, answer.json()

    return call


@pytest.fixture
def time_passes(control):
    return lambda seconds=61: control("/sandbox/clock", advance_seconds=seconds)


@pytest.fixture
def pay(sandbox, client):
    checkout = Adyen.services.checkout.AdyenCheckoutApi(client=client)
    checkout.payments_api.baseUrl = f"{sandbox.base_url}/v71"

    def call(card="pm_card_visa", reference="order_1"):
        return checkout.payments_api.payments(
            {
                "merchantAccount": MERCHANT_ACCOUNT,
                "reference": reference,
                "amount": {"currency": "USD", "value": 1000},
                "paymentMethod": {"type": "scheme", "encryptedCardNumber": card},
            }
        ).message["pspReference"]

    return call


@pytest.fixture
def dispute(control, pay):
    def call(**wish):
        status, body = control("/sandbox/disputes", payment_intent=pay(), **wish)
        assert status == 200, body
        return body["id"]

    return call


@pytest.fixture
def told(sandbox):
    def items():
        answer = requests.get(f"{sandbox.base_url}/sandbox/events", params={"account": KEY}, timeout=5).json()
        found = [one["body"]["notificationItems"][0]["NotificationRequestItem"] for one in answer["events"]]
        return [item for item in found if item["eventCode"] != "AUTHORISATION"]

    return items


@pytest.fixture
def books(sandbox):
    def figures():
        answer = requests.get(f"{sandbox.base_url}/books", params={"account": KEY}, timeout=5).json()
        return [answer["accounts"][KEY]["usd"][name] for name in DISPUTE_BOOKS]

    return figures


def of(reference, **more):
    return {"merchantAccountCode": MERCHANT_ACCOUNT, "disputePspReference": reference, **more}


def document(text="", kind="DefenseMaterial", content_type="application/pdf", content=None):
    raw = pdf() + text.encode() if content is None else content
    return {
        "defenseDocumentTypeCode": kind,
        "contentType": content_type,
        "content": base64.b64encode(raw).decode(),
    }


def result(answer):
    told = answer.message["disputeServiceResult"]
    return told.get("errorMessage") or told["success"]


@pytest.mark.parametrize(
    ("card", "codes"),
    [
        ("createDispute", ["NOTIFICATION_OF_CHARGEBACK", "CHARGEBACK"]),
        ("createDisputeProductNotReceived", ["NOTIFICATION_OF_CHARGEBACK", "CHARGEBACK"]),
        ("createDisputeInquiry", ["REQUEST_FOR_INFORMATION"]),
        ("createMultipleDisputes", ["NOTIFICATION_OF_CHARGEBACK", "CHARGEBACK"] * 2),
        ("createIssuerFraudRecord", ["NOTIFICATION_OF_FRAUD"]),
        ("sandbox_rapid_resolution", []),
    ],
)
def test_a_magic_card_opens_its_claim_some_time_after_the_capture(pay, told, time_passes, card, codes):
    pay(f"pm_card_{card}")
    assert told() == []

    time_passes()

    assert [item["eventCode"] for item in told()] == codes


def test_opening_takes_the_amount_and_a_fee_and_tells_of_the_claim(dispute, told, books):
    reference = dispute(reason="product_not_received")

    notified, taken = told()
    assert (taken["pspReference"], taken["merchantReference"]) == (reference, "order_1")
    assert taken["amount"] == {"currency": "USD", "value": 1000}
    assert notified["originalReference"] == taken["originalReference"]
    seen = taken["additionalData"]
    assert (seen["chargebackReasonCode"], seen["chargebackSchemeCode"], seen["disputeStatus"]) == (
        "13.1",
        "visa",
        "Undefended",
    )
    assert seen["defensePeriodEndsAt"].endswith("T23:59:59+00:00")
    assert books() == [1000, 0, 1500]


def test_defended_with_what_was_offered_and_won(api, dispute, told, books, time_passes):
    reference = dispute()
    (offered,) = api.retrieve_applicable_defense_reasons(of(reference)).message["defenseReasons"]
    assert (offered["defenseReasonCode"], offered["satisfied"]) == ("AdditionalInformation", False)

    api.supply_defense_document(of(reference, defenseDocuments=[document("winning_evidence")]))
    (satisfied,) = api.retrieve_applicable_defense_reasons(of(reference)).message["defenseReasons"]
    defended = api.defend_dispute(of(reference, defenseReasonCode="AdditionalInformation"))
    time_passes()

    assert satisfied["satisfied"]
    assert result(defended) is True
    steps = [(item["eventCode"], item["additionalData"]["disputeStatus"]) for item in told()[2:]]
    assert steps == [
        ("INFORMATION_SUPPLIED", "Pending"),
        ("CHARGEBACK_REVERSED", "Pending"),
        ("ISSUER_RESPONSE_TIMEFRAME_EXPIRED", "Won"),
    ]
    assert books() == [1000, 1000, 1500]


def test_losing_evidence_is_a_second_chargeback(api, dispute, told, books, time_passes):
    reference = dispute()
    api.supply_defense_document(of(reference, defenseDocuments=[document("losing_evidence")]))
    api.defend_dispute(of(reference, defenseReasonCode="AdditionalInformation"))

    time_passes()

    assert [item["eventCode"] for item in told()[3:]] == ["CHARGEBACK_REVERSED", "SECOND_CHARGEBACK"]
    assert books() == [2000, 1000, 1500]


def test_documents_are_replaced_and_deleted_until_the_defense(api, dispute):
    reference = dispute()
    api.supply_defense_document(of(reference, defenseDocuments=[document()]))

    first = api.delete_dispute_defense_document(of(reference, defenseDocumentType="DefenseMaterial"))
    again = api.delete_dispute_defense_document(of(reference, defenseDocumentType="DefenseMaterial"))
    bare = api.defend_dispute(of(reference, defenseReasonCode="AdditionalInformation"))

    assert [result(first), result(again), result(bare)] == [
        True,
        "Invalid defense document type.",
        "Missing required defense documents.",
    ]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"kind": "FlightTicket"}, "Invalid defense document type."),
        ({"content_type": "image/png"}, "Invalid content type."),
        ({"content": b"no pdf"}, "Invalid document content."),
        ({"content": b"%PDF-" + b"0" * 2 * 1024 * 1024}, "Document size exceeds the maximum."),
    ],
    ids=["type", "content type", "content", "size"],
)
def test_document_that_is_not_taken_is_told_by_a_sentence(api, dispute, changes, sentence):
    reference = dispute()

    answer = api.supply_defense_document(of(reference, defenseDocuments=[document(**changes)]))

    assert (answer.status_code, result(answer)) == (200, sentence)
    (offered,) = api.retrieve_applicable_defense_reasons(of(reference)).message["defenseReasons"]
    assert not any(kind["available"] for kind in offered["defenseDocumentTypes"])


def test_accepted_is_lost_and_nothing_more_can_be_said(api, dispute, told, books):
    reference = dispute()

    accepted = api.accept_dispute(of(reference))
    late = [
        api.accept_dispute(of(reference)),
        api.retrieve_applicable_defense_reasons(of(reference)),
        api.supply_defense_document(of(reference, defenseDocuments=[document()])),
        api.defend_dispute(of(reference, defenseReasonCode="AdditionalInformation")),
    ]

    assert result(accepted) is True
    assert {result(answer) for answer in late} == {"Dispute is not defendable."}
    assert told()[-1]["additionalData"]["disputeStatus"] == "Accepted"
    assert books() == [1000, 0, 1500]


def test_nobody_answers_in_time(dispute, told, time_passes):
    dispute()

    time_passes(20 * DAY)

    assert (told()[-1]["eventCode"], told()[-1]["additionalData"]["disputeStatus"]) == (
        "DISPUTE_DEFENSE_PERIOD_ENDED",
        "Expired",
    )


def test_request_for_information_is_answered_and_not_accepted(api, dispute, told, books):
    reference = dispute(stage="inquiry")

    accepted = api.accept_dispute(of(reference))
    api.supply_defense_document(of(reference, defenseDocuments=[document()]))
    api.defend_dispute(of(reference, defenseReasonCode="SupplyDefenseMaterial"))

    assert result(accepted) == "Dispute is not defendable."
    assert [item["additionalData"]["disputeStatus"] for item in told()] == ["Unresponded", "Responded"]
    assert books() == [0, 0, 0]


@pytest.mark.parametrize("merchant", [MERCHANT_ACCOUNT, "SomebodyElse"])
def test_dispute_of_nobody_and_of_another_merchant_account_look_alike(api, dispute, merchant):
    reference = dispute() if merchant == "SomebodyElse" else "D" * 16

    answer = api.accept_dispute(of(reference) | {"merchantAccountCode": merchant})

    assert result(answer) == "Error retrieving dispute."


def test_key_brings_the_first_answer_back(api, dispute):
    reference = dispute()

    answers = [api.accept_dispute(of(reference), idempotency_key="k1") for _ in range(2)]

    assert [result(answer) for answer in answers] == [True, True]


@pytest.mark.parametrize(
    "wish", [{"prevented": True}, {"stage": "compliance"}, {"counter_fee": 700}], ids=str
)
def test_what_adyen_does_not_have_is_refused(control, pay, told, wish):
    status, body = control("/sandbox/disputes", payment_intent=pay(), **wish)

    assert (status, "no prevented disputes" in body["error"]) == (400, True)
    assert told() == []


def test_verdict_that_does_not_fit_is_refused(control, dispute):
    reference = dispute()

    status, body = control(f"/sandbox/disputes/{reference}", verdict="second_chargeback")

    assert (status, "cannot be decided" in body["error"]) == (400, True)


def test_report_has_a_line_for_each_step_that_moved_money(sandbox, control, pay, dispute):
    for number in range(3):
        pay(reference=f"other_{number}")
    reference = dispute()
    for verdict in ("won", "second_chargeback"):
        control(f"/sandbox/disputes/{reference}", verdict=verdict)
    control("/sandbox/payouts", include_pending=True, arrival_seconds=0)

    report = requests.get(
        f"{sandbox.base_url}/sandbox/reports/adyen_settlement", params={"account": KEY}, timeout=5
    ).text
    names, *lines = [line.split(",") for line in report.splitlines()]
    rows = [dict(zip(names, line, strict=False)) for line in lines]

    assert [
        (row["Type"], row["Gross Debit (GC)"], row["Gross Credit (GC)"], row["Commission (NC)"])
        for row in rows
        if row["Modification Reference"] == reference
    ] == [
        ("Chargeback", "10.00", "", "15.00"),
        ("ChargebackReversed", "", "10.00", ""),
        ("SecondChargeback", "10.00", "", ""),
    ]
    assert {row["Merchant Reference"] for row in rows if row["Type"] == "Chargeback"} == {"order_1"}
