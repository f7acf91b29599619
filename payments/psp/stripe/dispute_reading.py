"""Reading Stripe's disputes and early fraud warnings: plain dicts in, the house's words out. No network here.

Source: docs.stripe.com/api/disputes/object, version 2026-10-28.endive, read 2026-11.
"""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from typing import Any

from foundation import clock
from payments.psp.disputes import DisputeNews, FraudWarningNews, FundMovement
from payments.psp.stripe.amounts import fee_from_stripe, from_stripe

# An appeal is the round after a loss.
_STATUSES = {
    "appeal_needs_response": "needs_response",
    "appeal_under_review": "under_review",
    **{
        status: status
        for status in (
            "needs_response",
            "under_review",
            "won",
            "lost",
            "prevented",
            "warning_needs_response",
            "warning_under_review",
            "warning_closed",
        )
    },
}


def read_dispute(shape: dict[str, Any], *, told_at: datetime) -> DisputeNews:
    """All that Stripe has of a dispute. Raises KeyError and the like when it is no such thing."""
    card = (shape.get("payment_method_details") or {}).get("card") or {}
    details = shape.get("evidence_details") or {}
    movements = tuple(_read_movement(one) for one in shape.get("balance_transactions") or [])
    due_by = details.get("due_by")
    return DisputeNews(
        psp_reference=shape["id"],
        status=_STATUSES[shape["status"]],
        stage=_stage(shape["status"], card.get("case_type") or "", movements),
        amount=from_stripe(shape["amount"], shape["currency"]),
        reason=shape["reason"][:40],
        network=(card.get("network") or card.get("brand") or "")[:20],
        network_reason_code=(card.get("network_reason_code") or shape.get("network_reason_code") or "")[:16],
        evidence_due_at=clock.from_timestamp(due_by) if due_by else None,
        is_charge_refundable=bool(shape.get("is_charge_refundable")),
        is_prevented=_is_prevented(shape["status"], movements),
        submission_count=details.get("submission_count") or 0,
        opened_at=clock.from_timestamp(shape["created"]),
        told_at=told_at,
        movements=movements,
    )


def read_fraud_warning(shape: dict[str, Any]) -> FraudWarningNews:
    """Raises KeyError and the like when it is no such thing."""
    return FraudWarningNews(
        psp_reference=shape["id"],
        fraud_type=shape["fraud_type"][:40],
        opened_at=clock.from_timestamp(shape["created"]),
        is_actionable=bool(shape["actionable"]),
    )


def _read_movement(booked: dict[str, Any]) -> FundMovement:
    currency = booked["currency"]
    details = booked.get("fee_details") or []
    return FundMovement(
        movement_id=booked["id"],
        amount=from_stripe(booked["amount"], currency),
        fee=fee_from_stripe(booked["fee"], currency),
        is_counter_fee=any("counter" in (one.get("description") or "").lower() for one in details),
        occurred_at=clock.from_timestamp(booked["created"]),
    )


def _stage(status: str, case_type: str, movements: tuple[FundMovement, ...]) -> str:
    """Stripe names the inquiry only. Money taken again after it was given back is a second chargeback."""
    if status.startswith("appeal_"):
        return "pre_arbitration"
    if case_type == "inquiry" or status.startswith("warning_"):
        return "inquiry"
    amounts = [movement.amount.amount_minor for movement in movements if not movement.amount.is_zero]
    rises = [before > 0 > after for before, after in pairwise(amounts)]
    return "second_chargeback" if any(rises) else "chargeback"


def _is_prevented(status: str, movements: tuple[FundMovement, ...]) -> bool:
    """Told as lost with the money taken and no fee: Visa settled it with the issuer (billing case G11)."""
    taken = [movement for movement in movements if movement.amount.is_negative]
    without_fee = bool(taken) and all(movement.fee.is_zero for movement in movements)
    return status == "prevented" or (status == "lost" and without_fee)
