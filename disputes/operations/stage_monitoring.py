"""Stage a measurement for every merchant that was ever disputed."""

from __future__ import annotations

from disputes.queries.monitoring import list_merchants_with_disputes
from foundation.jobs.staging import NewJob, stage_jobs
from foundation.transactions import owns_transaction


@owns_transaction
def stage_monitoring() -> int:
    """Answers how many were staged. Writes: jobs disputes.measure_monitoring. Safe to repeat."""
    merchants = list_merchants_with_disputes()
    stage_jobs(
        [
            NewJob("disputes.measure_monitoring", {"merchant_id": str(merchant_id)}, merchant_id=merchant_id)
            for merchant_id in merchants
        ]
    )
    return len(merchants)
