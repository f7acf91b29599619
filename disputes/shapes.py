"""Disputes and early fraud warnings as the API shows them. Shapes only: nothing here reads or decides."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings

from disputes.evidence_fields import FIELDS
from disputes.file_content import TYPES
from disputes.models import Dispute, DisputeFundMovement, EvidenceFile, FraudWarning
from foundation import clock
from foundation.clock import to_timestamp
from payments.shapes.ids import public

_CASE_TYPES = {"inquiry": "inquiry"}


def dispute_shape(
    dispute: Dispute, *, movements: Sequence[DisputeFundMovement], livemode: bool
) -> dict[str, Any]:
    """movements: all of the dispute's, oldest first: its balance transactions."""
    due_at = dispute.evidence_due_at
    return {
        "id": dispute.public_id,
        "object": "dispute",
        "amount": dispute.amount_minor,
        "balance_transactions": [_movement_shape(dispute, movement) for movement in movements],
        "charge": public("ch", dispute.attempt_id),
        "created": to_timestamp(dispute.opened_at),
        "currency": dispute.currency,
        "enhanced_eligibility_types": [],
        "evidence": {**dict.fromkeys(FIELDS), "enhanced_evidence": {}, **dispute.evidence},
        "evidence_details": {
            "due_by": to_timestamp(due_at) if due_at else None,
            "enhanced_eligibility": {},
            "has_evidence": any(dispute.evidence.values()),
            "past_due": due_at is not None and dispute.is_answerable and clock.now() > due_at,
            "submission_count": dispute.submission_count,
            "submission_method": "manual" if dispute.submission_count else "not_submitted",
        },
        "intended_submission_method": None,
        "is_charge_refundable": dispute.is_charge_refundable,
        "livemode": livemode,
        "metadata": dispute.metadata,
        "network_reason_code": dispute.network_reason_code or None,
        "payment_intent": public("pi", dispute.payment_intent_id),
        "payment_method_details": {
            "card": {
                "brand": dispute.network or "unknown",
                "case_type": _CASE_TYPES.get(dispute.stage, "chargeback"),
                "network": dispute.network or "unknown",
                "network_reason_code": dispute.network_reason_code or None,
            },
            "type": "card",
        },
        "reason": dispute.reason,
        "status": str(dispute.status),
    }


def fraud_warning_shape(warning: FraudWarning, *, livemode: bool) -> dict[str, Any]:
    return {
        "id": warning.public_id,
        "object": "radar.early_fraud_warning",
        "actionable": warning.is_actionable,
        "charge": public("ch", warning.attempt_id),
        "created": to_timestamp(warning.opened_at),
        "fraud_type": warning.fraud_type,
        "livemode": livemode,
        "payment_intent": public("pi", warning.payment_intent_id),
    }


def _movement_shape(dispute: Dispute, movement: DisputeFundMovement) -> dict[str, Any]:
    fee_details = []
    if movement.fee_minor:
        fee_details.append(
            {
                "amount": movement.fee_minor,
                "application": None,
                "currency": movement.currency,
                "description": "Counter fee" if movement.is_counter_fee else "Dispute fee",
                "type": "stripe_fee",
            }
        )
    return {
        "id": public("txn", movement.ledger_entry_id),
        "object": "balance_transaction",
        "amount": movement.amount_minor,
        "available_on": to_timestamp(movement.occurred_at),
        "balance_type": "payments",
        "created": to_timestamp(movement.occurred_at),
        "currency": movement.currency,
        "description": f"Chargeback of {dispute.public_id}",
        "exchange_rate": None,
        "fee": movement.fee_minor,
        "fee_details": fee_details,
        "net": movement.amount_minor - movement.fee_minor,
        "reporting_category": "dispute" if movement.amount_minor <= 0 else "dispute_reversal",
        "source": dispute.public_id,
        "status": "available",
        "type": "adjustment",
    }


def file_shape(file: EvidenceFile) -> dict[str, Any]:
    return {
        "id": file.public_id,
        "object": "file",
        "created": to_timestamp(file.created_at),
        "expires_at": None,
        "filename": file.filename,
        "links": None,
        "purpose": file.purpose,
        "size": file.size,
        "title": None,
        "type": TYPES[file.content_type],
        "url": f"{settings.PUBLIC_BASE_URL}/v1/files/{file.public_id}/contents",
    }
