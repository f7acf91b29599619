"""Have every merchant with statements reconciled."""

from __future__ import annotations

from foundation import clock
from foundation.jobs.staging import NewJob, stage_jobs
from foundation.transactions import owns_transaction
from ledger.reconciliation.queries.runs import list_merchants_with_statements


@owns_transaction
def stage_reconciliations() -> None:
    """The nightly sweep: one job a merchant, so that a large one holds up nobody else.

    Writes: one job a merchant.
    Safe to repeat: a merchant's job is staged once a day.
    """
    day = clock.now().date().isoformat()
    stage_jobs(
        [
            NewJob(
                "ledger.reconcile",
                {"merchant_id": str(merchant_id)},
                merchant_id=merchant_id,
                dedupe_key=f"reconcile:{merchant_id}:{day}",
            )
            for merchant_id in list_merchants_with_statements()
        ]
    )
