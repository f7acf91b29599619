"""Claim the movements whose next check is due, in bounded batches, and stage a look at each."""

from __future__ import annotations

from foundation import clock
from foundation.jobs.staging import NewJob, stage_jobs
from foundation.transactions import owns_transaction
from payments.locks import claim_due_checks

BATCH = 200
CLAIM_SECONDS = 60
MAX_CLAIM_SECONDS = 3_600
SUBJECTS = ("attempt", "capture", "increment", "refund", "setup_intent")


@owns_transaction
def sweep_due_checks() -> int:
    """Answers how many looks were staged.

    A claimed row is not due again before its look had time to answer; the more often it was looked at in vain, the
    longer, so that rows which can not be looked at never crowd out the others.
    Writes: next_check_at and checks of the claimed rows; jobs payments.resolve_unknown.
    Safe to repeat: what is claimed is not due.
    """
    now = clock.now()
    jobs = []
    for kind in SUBJECTS:
        claimed = claim_due_checks(
            kind, now=now, limit=BATCH, claim_seconds=CLAIM_SECONDS, most_seconds=MAX_CLAIM_SECONDS
        )
        for row_id, merchant_id in claimed:
            args = {"merchant_id": str(merchant_id), "kind": kind, "subject_id": str(row_id)}
            jobs.append(NewJob("payments.resolve_unknown", args, merchant_id=merchant_id))
    stage_jobs(jobs)
    return len(jobs)
