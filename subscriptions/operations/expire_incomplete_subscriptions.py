"""Beat's part of expiring: stage a job for each subscription whose 23 hours are over."""

from __future__ import annotations

from foundation import clock
from foundation.jobs.staging import NewJob, stage_jobs
from foundation.transactions import owns_transaction
from subscriptions.queries.due import list_expired_incomplete

BATCH = 500


@owns_transaction
def expire_incomplete_subscriptions() -> int:
    """How many were found.

    Writes jobs.
    Safe to repeat: a job is staged once per subscription and hour, so that one whose payment is in doubt is looked at
    again.
    """
    now = clock.now()
    due = list_expired_incomplete(now=now, limit=BATCH)
    stage_jobs(
        [
            NewJob(
                "subscriptions.expire_incomplete",
                {"merchant_id": str(merchant_id), "subscription_id": str(subscription_id)},
                merchant_id=merchant_id,
                dedupe_key=f"expire:{subscription_id}:{now:%Y%m%d%H}",
            )
            for subscription_id, merchant_id in due
        ]
    )
    return len(due)
