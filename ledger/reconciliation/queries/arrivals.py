"""Payouts that a bank's lines prove to have arrived."""

from __future__ import annotations

from collections.abc import Iterator
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


def list_arrivals(run: ReconciliationRun) -> Iterator[Arrival]:
    """Of one run, in order of the lines. A transfer that carried several payouts names each."""
    matches = (
        ReconciliationMatch.objects.for_merchant(run.merchant_id)
        .filter(run=run, source=Source.BANK)
        .select_related("line", "entry")
        .order_by("line_id", "entry_id")
    )
    return (arrival_of(match) for match in matches.iterator(chunk_size=1_000))


def arrival_of(match: ReconciliationMatch) -> Arrival:
    """What a match of a bank's line proves."""
    line, entry = match.line, match.entry
    return Arrival(
        entry_id=entry.id,
        source_kind=entry.source_kind,
        source_id=entry.source_id,
        reference=entry.external_reference,
        psp_account=line.psp_account,
        currency=line.currency,
        amount_minor=line.net_minor,
        arrived_at=line.occurred_at,
        line_id=line.id,
    )
