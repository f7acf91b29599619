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


def test_notification_of_fraud_is_a_warning() -> None:
    news = told("NOTIFICATION_OF_FRAUD")

    assert news.kind == "fraud_warning"
    assert isinstance(news.dispute, FraudWarningNews)


@pytest.mark.parametrize(
    "spoilt", [{"amount": {"value": 1, "currency": "???"}}, {"eventDate": "soon"}], ids=str
)
def test_what_can_not_be_read_is_still_news_of_a_dispute(spoilt: dict[str, Any]) -> None:
    news = told("CHARGEBACK", **spoilt)

    assert (news.kind, news.dispute) == ("dispute", None)


def test_every_step_is_tried_above() -> None:
    assert len(STEPS) == 9
