"""Put a statement's line before a person: the PSP tells of money that is none of our movements."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from foundation.transactions import owns_transaction
from ledger.reconciliation import movements
from payments.models import CaseKind
from payments.queries.settled import SettledLine
from payments.steps.open_case import open_case


@owns_transaction
def report_unmatched_line(
    *, merchant_id: UUID, break_id: UUID, payment_intent_id: UUID | None, line: SettledLine
) -> None:
    """break_id: of the reconciliation's break, which holds the line. payment_intent_id: of the payment that the line
    names, where it is one of ours.

    Writes: a case. Safe to repeat: the same break is asked about once.
    """
    open_case(
        merchant_id=merchant_id,
        kind=CaseKind.UNMATCHED,
        subject_kind="line",
        subject_id=break_id,
        payment_intent_id=payment_intent_id,
        evidence=_evidence(line),
    )


def _evidence(line: SettledLine) -> dict[str, Any]:
    seen: dict[str, Any] = {
        "line": line.name,
        "kind": line.kind,
        "psp_reference": line.order_reference or line.reference,
        "occurred": line.occurred_at.isoformat(),
        "claimed_minor": abs(line.gross).amount_minor,
        "claimed_currency": line.gross.currency,
    }
    if line.kind == movements.CHARGE:
        # What people may say that it proves; nobody can take a refund for a charge.
        seen |= {
            "claimed": "captured",
            "claimed_reference": line.order_reference or line.reference,
            "claimed_charge": line.reference,
        }
    return seen
