"""Beat's part of dunning: stage a job for each try that is due; it charges nothing itself."""

from __future__ import annotations

from foundation import clock
from foundation.jobs.staging import NewJob, stage_jobs
from foundation.transactions import owns_transaction
from subscriptions.queries.dunning import list_due_runs

BATCH = 500


@owns_transaction
def claim_due_retries() -> int:
    """How many were found; a full batch means that more are due.

    Writes jobs.
    Safe to repeat: a job is staged once per run and due instant.
    """
    due = list_due_runs(now=clock.now(), limit=BATCH)
    stage_jobs(
        [
            NewJob(
                "subscriptions.retry_invoice",
                {"merchant_id": str(merchant_id), "dunning_run_id": str(run_id)},
                merchant_id=merchant_id,
                dedupe_key=f"retry:{run_id}:{at.isoformat() if at else ''}",
            )
            for run_id, merchant_id, at in due
        ]
    )
    return len(due)
