"""Beat's part of finalizing: claim drafts whose hour is over and stage jobs for them; it finalizes nothing itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from uuid import UUID

from foundation.jobs.staging import NewJob, stage_jobs
from foundation.transactions import owns_transaction
from subscriptions.locks import claim_drafts
from subscriptions.queries.due import count_claimed_drafts
from subscriptions.queries.subscriptions import now_of

BATCH = 500
TOGETHER = 20
"""How many one job finalizes in one transaction: for so long the merchant's next number waits for it."""
AHEAD = 10_000
LEASE_SECONDS = 15 * 60
"""As of claim_due_renewals."""


@owns_transaction
def claim_due_drafts() -> int:
    """How many were claimed; a full batch means that more are due.

    Writes leases and jobs.
    Safe to repeat: a leased draft is skipped, and a job that comes twice finds no draft.
    """
    now = now_of(None)
    room = AHEAD - count_claimed_drafts(now=now, at_most=AHEAD)
    claimed = claim_drafts(now=now, lease=now + timedelta(seconds=LEASE_SECONDS), limit=min(BATCH, room))
    by_merchant: dict[UUID, list[UUID]] = defaultdict(list)
    for invoice_id, merchant_id in claimed:
        by_merchant[merchant_id].append(invoice_id)
    stage_jobs([job for merchant_id, ids in by_merchant.items() for job in _jobs(merchant_id, ids)])
    return len(claimed)


def _jobs(merchant_id: UUID, invoice_ids: Sequence[UUID]) -> list[NewJob]:
    return [
        NewJob(
            "subscriptions.finalize_together",
            {
                "merchant_id": str(merchant_id),
                "invoice_ids": [str(one) for one in invoice_ids[start : start + TOGETHER]],
            },
            merchant_id=merchant_id,
        )
        for start in range(0, len(invoice_ids), TOGETHER)
    ]
