"""Find authorizations that ran out and have the PSP asked what became of them."""

from __future__ import annotations

from foundation import clock
from foundation.jobs.staging import NewJob, stage_jobs
from foundation.transactions import owns_transaction
from payments.models import AttemptStatus, PaymentAttempt

BATCH = 200


@owns_transaction
def expire_authorizations() -> int:
    """Stage an expiry for each due authorization; answers how many.

    Writes: jobs payments.expire_authorization. Safe to repeat: one job for each attempt and hour.
    """
    now = clock.now()
    rows = PaymentAttempt.across_merchants.filter(
        status__in=[AttemptStatus.AUTHORIZED, AttemptStatus.PARTIALLY_CAPTURED],
        authorization_expires_at__lte=now,
        void_requested_at__isnull=True,
    ).order_by("authorization_expires_at")
    hour = int(now.timestamp()) // 3_600
    jobs = [
        NewJob(
            "payments.expire_authorization",
            {"merchant_id": str(merchant_id), "attempt_id": str(row_id)},
            merchant_id=merchant_id,
            dedupe_key=f"expire:{row_id}:{hour}",
        )
        for row_id, merchant_id in rows.values_list("id", "merchant_id")[:BATCH]
    ]
    stage_jobs(jobs)
    return len(jobs)
