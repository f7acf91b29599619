"""Beat's part of renewing: claim what is due and stage a job for each; it bills nothing itself."""

from __future__ import annotations

from datetime import timedelta

from foundation import clock
from foundation.jobs.staging import NewJob, stage_jobs
from foundation.transactions import owns_transaction
from subscriptions.locks import claim_due_subscriptions

BATCH = 500
LEASE_SECONDS = 15 * 60
"""How long a claimed subscription is left to its job before it is claimed anew."""


@owns_transaction
def claim_due_renewals() -> int:
    """How many were claimed; a full batch means that more are due.

    Writes leases and jobs.
    Safe to repeat: a leased subscription is skipped, and a job is staged once per subscription and due instant.
    """
    now = clock.now()
    claimed = claim_due_subscriptions(now=now, lease=now + timedelta(seconds=LEASE_SECONDS), limit=BATCH)
    stage_jobs(
        [
            NewJob(
                "subscriptions.renew",
                {"merchant_id": str(merchant_id), "subscription_id": str(subscription_id)},
                merchant_id=merchant_id,
                dedupe_key=f"renew:{subscription_id}:{due.isoformat()}",
            )
            for subscription_id, merchant_id, due in claimed
        ]
    )
    return len(claimed)
