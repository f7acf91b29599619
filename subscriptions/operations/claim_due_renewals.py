"""Beat's part of renewing: claim what is due and stage jobs for it; it bills nothing itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from foundation.jobs.staging import NewJob, stage_jobs
from foundation.transactions import owns_transaction
from subscriptions.locks import claim_due_subscriptions
from subscriptions.queries.due import count_claimed_renewals
from subscriptions.queries.subscriptions import now_of

BATCH = 500
TOGETHER = 50
"""How many one job renews in one transaction."""
AHEAD = 10_000
"""How many may be claimed and not renewed yet: what lies before the workers is done well inside its lease."""
LEASE_SECONDS = 15 * 60
"""How long a claimed subscription is left to its job before it is claimed anew."""


@owns_transaction
def claim_due_renewals() -> int:
    """How many were claimed; a full batch means that more are due.

    Writes leases and jobs.
    Safe to repeat: a leased subscription is skipped, and a job that comes twice finds nothing due.
    """
    now = now_of(None)
    room = AHEAD - count_claimed_renewals(now=now, at_most=AHEAD)
    claimed = claim_due_subscriptions(
        now=now, lease=now + timedelta(seconds=LEASE_SECONDS), limit=min(BATCH, room)
    )
    by_merchant: dict[UUID, list[UUID]] = defaultdict(list)
    for subscription_id, merchant_id in claimed:
        by_merchant[merchant_id].append(subscription_id)
    stage_jobs([job for merchant_id, ids in by_merchant.items() for job in _jobs(merchant_id, ids)])
    return len(claimed)


def _jobs(merchant_id: UUID, subscription_ids: Sequence[UUID]) -> list[NewJob]:
    return [
        NewJob(
            "subscriptions.renew_together",
            {
                "merchant_id": str(merchant_id),
                "subscription_ids": [str(one) for one in subscription_ids[start : start + TOGETHER]],
            },
            merchant_id=merchant_id,
        )
        for start in range(0, len(subscription_ids), TOGETHER)
    ]
