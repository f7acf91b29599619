"""Breaks: resolve those whose difference is gone, open those that are new, and tell the floors above."""

from __future__ import annotations

from typing import Any

from django.db import connection

from foundation import clock
from foundation.events.publishing import NewEvent, publish_all
from foundation.money import EXPONENTS
from foundation.transactions import joins_transaction
from ledger.models import ReconciliationBreak, ReconciliationRun, Source
from ledger.reconciliation.importers.formats import FORMATS
from ledger.reconciliation.queries.arrivals import list_arrivals
from ledger.reconciliation.shapes import arrival_shape, break_shape
from ledger.reconciliation.steps import breaks_sql
from ledger.reconciliation.steps.match_lines import parameters_of

TRANSIT_DAYS = "5 days"
"""When a payout is due at the bank, if the PSP's own line does not say."""

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
    publish_all(
        [
            NewEvent(run.merchant_id, TOLD[found.kind], "reconciliation.break", found.id, break_shape(found))  # type: ignore[index]
            for found in breaks
        ]
    )
    publish_all(
        [
            NewEvent(
                run.merchant_id,
                "reconciliation.payout_at_bank",
                "reconciliation.arrival",
                arrival.entry_id,
                arrival_shape(arrival),
            )
            for arrival in list_arrivals(run)
        ]
    )
    return opened, resolved


def _write(run: ReconciliationRun) -> tuple[int, int]:
    parameters: dict[str, Any] = parameters_of(run) | {
        "now": clock.now(),
        "currencies": list(EXPONENTS),
        "transit": TRANSIT_DAYS,
        **_coverage(),
    }
    with connection.cursor() as cursor:
        cursor.execute(breaks_sql.DIFFERENCES)
        cursor.execute(breaks_sql.TAKE_OUT_DIFFERENCES)
        cursor.execute(breaks_sql.TWINS, parameters)
        cursor.execute(breaks_sql.LINES_LEFT, parameters)
        cursor.execute(breaks_sql.ITEMS_LEFT, parameters)
        cursor.execute(breaks_sql.LATE, parameters)
        cursor.execute(breaks_sql.RESOLVE, parameters)
        resolved = cursor.rowcount
        cursor.execute(breaks_sql.OPEN, parameters)
        return cursor.rowcount, resolved


def _coverage() -> dict[str, list[Any]]:
    """Format by format, whether its statements tell of payouts (true) and of the rest (false)."""
    told = [(name, True) for name, format in FORMATS.items() if format.tells_of_payouts]
    told += [(name, False) for name, format in FORMATS.items() if format.tells_of_the_rest]
    return {"formats": [name for name, _ in told], "of_payouts": [of_payouts for _, of_payouts in told]}
