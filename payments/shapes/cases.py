"""Cases as their events show them."""

from __future__ import annotations

from typing import Any

from foundation.clock import to_timestamp
from payments.models import Case
from payments.shapes.ids import public


def case_shape(case: Case) -> dict[str, Any]:
    return {
        "id": case.public_id,
        "object": "case",
        "about": case.subject_kind,
        "created": to_timestamp(case.created_at),
        "ending": case.ending or None,
        "evidence": case.evidence,
        "kind": str(case.kind),
        "payment_intent": public("pi", case.payment_intent_id),
        "resolved": to_timestamp(case.resolved_at) if case.resolved_at else None,
    }
