"""Stage the job that sends a refund to the PSP."""

from __future__ import annotations

from foundation.jobs.staging import stage_job
from foundation.transactions import joins_transaction
from payments.models import Refund


@joins_transaction
def stage_refund(refund: Refund) -> None:
    """Writes: one job."""
    stage_job(
        "payments.execute_refund",
        {"merchant_id": str(refund.merchant_id), "refund_id": str(refund.id)},
        merchant_id=refund.merchant_id,
    )
