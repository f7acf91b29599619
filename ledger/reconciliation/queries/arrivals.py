"""Payouts that a bank's lines prove to have arrived."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from ledger.models import ReconciliationMatch, ReconciliationRun, Source


@dataclass(frozen=True, slots=True)
class Arrival:
    """entry_id, source_kind, source_id, reference: of the entry that sent the payout. amount in `currency`."""

    entry_id: UUID
    source_kind: str
    source_id: UUID | None
    reference: str
    psp_account: str
    currency: str
    amount_minor: int
    arrived_at: datetime
    line_id: int


def list_arrivals(run: ReconciliationRun) -> list[Arrival]:
    """Of one run, in order of the lines. A transfer that carried several payouts names each."""
    matches = (
        ReconciliationMatch.objects.for_merchant(run.merchant_id)
        .filter(run=run, source=Source.BANK)
        .select_related("line", "entry")
        .order_by("line_id", "entry_id")
    )
    return [
        Arrival(
            entry_id=match.entry_id,
            source_kind=match.entry.source_kind,
            source_id=match.entry.source_id,
            reference=match.entry.external_reference,
            psp_account=match.line.psp_account,
            currency=match.line.currency,
            amount_minor=match.line.net_minor,
            arrived_at=match.line.occurred_at,
            line_id=match.line_id,
        )
        for match in matches
    ]
