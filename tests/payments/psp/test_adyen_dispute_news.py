"""Adyen's dispute notifications, read: the signed step decides, the rest is told."""

from __future__ import annotations

from typing import Any

import pytest

from foundation.money import Money
from payments.psp.adyen.dispute_news import STEPS, read
from payments.psp.disputes import DisputeNews, FraudWarningNews


def item(code: str, **changes: Any) -> dict[str, Any]:
    given = {
        "eventCode": code,
        "pspReference": "DISPUTE1",
        "originalReference": "PAYMENT1",
        "merchantReference": "ch_ours",
        "amount": {"value": 1_000, "currency": "EUR"},
        "eventDate": "2026-11-20T12:00:00+01:00",
        "success": "true",
        "additionalData": {
            "chargebackReasonCode": "10.4",
            "defensePeriodEndsAt": "2026-12-08T12:00:00+01:00",
            "paymentMethod": "mc",
        },
    }
    return {**given, **changes}


def told(code: str, **changes: Any) -> Any:
    return read(item(code, **changes), True, {"event_id": "e", "event_type": code})


@pytest.mark.parametrize(
    ("code", "status", "stage", "moved"),
    [
        ("REQUEST_FOR_INFORMATION", "warning_needs_response", "inquiry", []),
        ("NOTIFICATION_OF_CHARGEBACK", "needs_response", "chargeback", []),
        ("CHARGEBACK", "needs_response", "chargeback", [-1_000]),
        ("INFORMATION_SUPPLIED", "under_review", "chargeback", []),
        ("CHARGEBACK_REVERSED", "won", "chargeback", [1_000]),
        ("ISSUER_RESPONSE_TIMEFRAME_EXPIRED", "won", "chargeback", []),
        ("DISPUTE_DEFENSE_PERIOD_ENDED", "lost", "chargeback", []),
        ("SECOND_CHARGEBACK", "lost", "second_chargeback", [-1_000]),
        ("PREARBITRATION_WON", "won", "pre_arbitration", []),
        ("PREARBITRATION_LOST", "lost", "pre_arbitration", []),
    ],
)
def test_step_says_status_stage_and_what_moved(code: str, status: str, stage: str, moved: list[int]) -> None:
    news = told(code)

    assert (news.kind, news.psp_reference) == ("dispute", "PAYMENT1")
    assert isinstance(news.dispute, DisputeNews)
    assert (news.dispute.status, news.dispute.stage) == (status, stage)
    assert [movement.amount.amount_minor for movement in news.dispute.movements] == moved
    assert all(movement.movement_id == f"{code}:DISPUTE1" for movement in news.dispute.movements)
    assert all(movement.fee.is_zero for movement in news.dispute.movements)


def test_claim_is_read_with_its_network_code_and_deadline() -> None:
    dispute = told("CHARGEBACK").dispute

    assert (dispute.psp_reference, dispute.amount) == ("DISPUTE1", Money(1_000, "eur"))
    assert (dispute.network, dispute.network_reason_code, dispute.reason) == (
        "mastercard",
        "10.4",
        "fraudulent",
    )
    assert dispute.evidence_due_at.isoformat() == "2026-12-08T12:00:00+01:00"


@pytest.mark.parametrize(
    ("seen", "fraud_type"),
    [
        ({"nofReasonCode": "1"}, "made_with_stolen_card"),
        ({"nofReasonCode": "00"}, "made_with_lost_card"),
        ({"nofReasonCode": "06"}, "unauthorized_use_of_card"),
        ({"nofReasonCode": "A"}, "misc"),
        ({}, "misc"),
    ],
    ids=str,
)
def test_notification_of_fraud_is_a_warning(seen: dict[str, Any], fraud_type: str) -> None:
    news = told("NOTIFICATION_OF_FRAUD", additionalData=seen)

    assert (news.kind, news.psp_reference) == ("fraud_warning", "PAYMENT1")
    assert isinstance(news.dispute, FraudWarningNews)
    assert news.dispute.fraud_type == fraud_type


@pytest.mark.parametrize(
    ("code", "standing", "status"),
    [
        ("CHARGEBACK_REVERSED", "Pending", "under_review"),
        ("CHARGEBACK_REVERSED", "Won", "won"),
        ("CHARGEBACK", "Lost", "needs_response"),
        ("CHARGEBACK", "Accepted", "needs_response"),
        ("SECOND_CHARGEBACK", "Pending", "lost"),
        ("REQUEST_FOR_INFORMATION", "Unresponded", "warning_needs_response"),
        ("REQUEST_FOR_INFORMATION", "Responded", "warning_under_review"),
        ("REQUEST_FOR_INFORMATION", "Expired", "warning_closed"),
    ],
)
def test_unsigned_status_holds_an_end_back_and_never_brings_one_where_money_is_held(
    code: str, standing: str, status: str
) -> None:
    news = told(code, additionalData={"disputeStatus": standing})

    assert news.dispute.status == status


def test_step_told_again_with_another_status_is_no_repeat() -> None:
    asked, answered, again = (
        told("REQUEST_FOR_INFORMATION", additionalData={"disputeStatus": standing})
        for standing in ("Unresponded", "Responded", "Responded")
    )

    assert asked.event_id != answered.event_id == again.event_id


@pytest.mark.parametrize(
    ("code", "status", "count"),
    [
        ("INFORMATION_SUPPLIED", "warning_under_review", 1),
        ("DISPUTE_DEFENSE_PERIOD_ENDED", "warning_closed", 0),
    ],
)
def test_step_of_a_request_for_information_does_not_make_it_a_chargeback(
    code: str, status: str, count: int
) -> None:
    dispute = told(code, additionalData={"rfiReasonCode": "30"}).dispute

    assert (dispute.status, dispute.stage) == (status, "inquiry")
    assert (dispute.reason, dispute.submission_count) == ("general", count)


def test_step_without_a_code_says_nothing_of_the_claim() -> None:
    dispute = told("CHARGEBACK_REVERSED", additionalData={"disputeStatus": "Won"}).dispute

    assert (dispute.reason, dispute.network_reason_code, dispute.evidence_due_at) == ("", "", None)


@pytest.mark.parametrize(
    "spoilt", [{"amount": {"value": 1, "currency": "???"}}, {"eventDate": "soon"}], ids=str
)
def test_what_can_not_be_read_is_still_news_of_a_dispute(spoilt: dict[str, Any]) -> None:
    news = told("CHARGEBACK", **spoilt)

    assert (news.kind, news.dispute) == ("dispute", None)


def test_every_step_is_tried_above() -> None:
    assert len(STEPS) == 10
