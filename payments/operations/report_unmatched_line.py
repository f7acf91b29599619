"""Put a statement's line before a person: the PSP tells of money that is none of our movements."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from foundation.transactions import owns_transaction
from payments.models import CaseKind
from payments.steps.open_case import open_case


@owns_transaction
def report_unmatched_line(
    *, merchant_id: UUID, break_id: UUID, payment_intent_id: UUID | None, evidence: dict[str, Any]
) -> None:
    """break_id: of the reconciliation's break, which holds the line. payment_intent_id: of the payment that the line
    names, where it is one of ours.

    Writes: a case. Safe to repeat: the same break is asked about once.
    """
    open_case(
        merchant_id=merchant_id,
        kind=CaseKind.UNMATCHED,
        subject_kind="break",
        subject_id=break_id,
        payment_intent_id=payment_intent_id,
        evidence=evidence,
    )
