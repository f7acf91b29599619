"""Breaks: resolve those whose difference is gone, open those that are new, and tell the floors above."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any
from uuid import UUID

from django.db import connection

from foundation import clock
from foundation.events.publishing import NewEvent, publish_all
from foundation.transactions import joins_transaction
from ledger.models import ReconciliationBreak, ReconciliationRun, Source
from ledger.reconciliation.importers.formats import FORMATS
from ledger.reconciliation.queries.arrivals import Arrival, list_arrivals
from ledger.reconciliation.shapes import arrival_shape, break_shape
from ledger.reconciliation.steps import breaks_sql, compare_sql
from ledger.reconciliation.steps.match_lines import FEW, parameters_of

TRANSIT_DAYS = "5 days"
"""When a payout is due at the bank, if the PSP's own line does not say."""

TOLD_AT_ONCE = 1_000

# Kinds that payments answers: what we miss is asked for, what a fee really was is booked.
TOLD = {
    ReconciliationBreak.Kind.MISSING_AT_US: "reconciliation.missing_at_us",
    ReconciliationBreak.Kind.FEE_DIFFERS: "reconciliation.fee_differs",
}


@joins_transaction
def open_breaks(run: ReconciliationRun) -> tuple[int, int]:
    """After match_lines: (opened, resolved).

    Writes ReconciliationBreaks; events reconciliation.missing_at_us and reconciliation.fee_differs for each such
    break of a PSP, reconciliation.payout_at_bank for each payout that the run matched with a bank's line.
    """
    opened, resolved = _write(run)
    breaks = (
        ReconciliationBreak.objects.for_merchant(run.merchant_id)
        .filter(opened_by=run, source=Source.PSP, kind__in=TOLD)
        .select_related("line", "entry")
        .order_by("id")
    )
    _tell(break_news(found) for found in breaks.iterator(chunk_size=TOLD_AT_ONCE))
    _tell(arrival_news(run.merchant_id, arrival) for arrival in list_arrivals(run))
    return opened, resolved


def break_news(found: ReconciliationBreak) -> NewEvent:
    kind = ReconciliationBreak.Kind(found.kind)
    return NewEvent(found.merchant_id, TOLD[kind], "reconciliation.break", found.id, break_shape(found))


def arrival_news(merchant_id: UUID, arrival: Arrival) -> NewEvent:
    return NewEvent(
        merchant_id,
        "reconciliation.payout_at_bank",
        "reconciliation.arrival",
        arrival.entry_id,
        arrival_shape(arrival),
    )


def _tell(news: Iterator[NewEvent]) -> None:
    # A statement of another account can open a million breaks: they are not held in memory at once.
    while batch := list(islice(news, TOLD_AT_ONCE)):
        publish_all(batch)


def _write(run: ReconciliationRun) -> tuple[int, int]:
    parameters: dict[str, Any] = parameters_of(run) | {
        "now": clock.now(),
        "transit": TRANSIT_DAYS,
        **_coverage(),
    }
    with connection.cursor() as cursor:
        cursor.execute(breaks_sql.DIFFERENCES)
        cursor.execute(breaks_sql.TAKE_OUT_DIFFERENCES)
        cursor.execute("SELECT count(*) FROM rest_lines")
        is_much = int(cursor.fetchone()[0]) > FEW
        cursor.execute(compare_sql.WHOLE_TABLES if is_much else compare_sql.FEW_ROWS)
        cursor.execute(breaks_sql.TWINS, parameters)
        cursor.execute(compare_sql.RULES)
        cursor.execute(breaks_sql.LINES_LEFT, parameters)
        cursor.execute(compare_sql.FEW_ROWS)
        cursor.execute(breaks_sql.EXPECTED_AT_BANK)
        cursor.execute(breaks_sql.LATE, parameters)
        cursor.execute(compare_sql.RULES)
        cursor.execute(breaks_sql.ITEMS_LEFT, parameters)
        cursor.execute("ANALYZE found_breaks, found_entries")
        cursor.execute(breaks_sql.RESOLVE, parameters)
        resolved = int(cursor.rowcount)
        cursor.execute(breaks_sql.OPEN, parameters)
        return int(cursor.fetchone()[0]), resolved


def _coverage() -> dict[str, list[Any]]:
    """Format by format, whether its statements tell of payouts (true) and of the rest (false)."""
    told = [(name, True) for name, format in FORMATS.items() if format.tells_of_payouts]
    told += [(name, False) for name, format in FORMATS.items() if format.tells_of_the_rest]
    return {"formats": [name for name, _ in told], "of_payouts": [of_payouts for _, of_payouts in told]}
