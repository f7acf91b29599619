"""Runs and breaks as the API and the events show them. Amounts in minor units."""

from __future__ import annotations

from typing import Any

from foundation.clock import to_timestamp
from foundation.ids import encode_id
from ledger.models import ReconciliationBreak, ReconciliationRun, ReconciliationTie
from ledger.reconciliation.queries.arrivals import Arrival


def run_shape(run: ReconciliationRun, ties: list[ReconciliationTie]) -> dict[str, Any]:
    return {
        "id": run.public_id,
        "object": "reconciliation",
        "as_of": to_timestamp(run.as_of_at),
        "breaks": run.breaks_open,
        "breaks_opened": run.breaks_opened,
        "breaks_resolved": run.breaks_resolved,
        "created": to_timestamp(run.created_at),
        "is_full": run.is_full,
        "matched": run.matched,
        "ties": [_tie_shape(tie) for tie in ties],
        "ties_out": run.ties_out,
    }


def _tie_shape(tie: ReconciliationTie) -> dict[str, Any]:
    return {
        "object": "reconciliation.tie",
        "psp_account": tie.psp_account,
        "source": tie.source,
        "currency": tie.currency,
        "opening": tie.opening_minor,
        "matched": tie.matched_minor,
        "breaks": tie.breaks_minor,
        "closing": tie.closing_minor,
        "open_breaks": tie.open_breaks_minor,
        "book": tie.book_minor,
        "on_its_way": tie.on_its_way_minor,
        "difference": tie.difference_minor,
    }


def break_shape(found: ReconciliationBreak) -> dict[str, Any]:
    """line and entry are read: select_related("line", "entry") where there are many."""
    line, entry = found.line, found.entry
    return {
        "id": found.public_id,
        "object": "reconciliation.break",
        "kind": found.kind,
        "status": "resolved" if found.resolved_at else found.status,
        "source": found.source,
        "psp_account": found.psp_account,
        "reference": found.reference,
        "amount": found.amount_minor,
        "currency": found.currency,
        "at_psp": found.psp_minor,
        "at_us": found.book_minor,
        "line": None
        if line is None
        else {
            "balance_transaction": line.line_key,
            "kind": line.kind,
            "reference": line.reference,
            "order_reference": line.order_reference or None,
            "currency": line.currency,
            "gross": line.gross_minor,
            "fee": line.fee_minor,
            "net": line.net_minor,
            "occurred": to_timestamp(line.occurred_at),
            "description": line.description or None,
        },
        "entry": None if entry is None else encode_id("txn", entry.id),
        "entry_reference": None if entry is None else entry.external_reference,
        "entry_source_kind": None if entry is None else entry.source_kind,
        "entry_source_id": None if entry is None or entry.source_id is None else str(entry.source_id),
        "owner": found.owner or None,
        "explanation": found.explanation or None,
        "occurred": to_timestamp(found.occurred_at),
        "created": to_timestamp(found.created_at),
        "resolved_at": to_timestamp(found.resolved_at) if found.resolved_at else None,
    }


def arrival_shape(arrival: Arrival) -> dict[str, Any]:
    return {
        "id": encode_id("txn", arrival.entry_id),
        "object": "reconciliation.arrival",
        "psp_account": arrival.psp_account,
        "reference": arrival.reference,
        "entry_source_kind": arrival.source_kind,
        "entry_source_id": str(arrival.source_id) if arrival.source_id else None,
        "amount": arrival.amount_minor,
        "currency": arrival.currency,
        "arrived": to_timestamp(arrival.arrived_at),
        "line": arrival.line_id,
    }
