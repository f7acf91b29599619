"""Have every PSP account's list of events polled."""

from __future__ import annotations

from foundation import clock
from foundation.jobs.staging import NewJob, stage_jobs
from foundation.transactions import owns_transaction
from payments.models import PspAccount

MOST_ACCOUNTS = 10_000
ROUND_SECONDS = 60


@owns_transaction
def stage_event_polls() -> int:
    """Answers how many polls were staged.

    Writes: jobs payments.poll_psp_account. Safe to repeat: an account is staged once a minute at most.
    """
    active = PspAccount.across_merchants.filter(is_active=True).order_by("id")
    minute = int(clock.now().timestamp()) // ROUND_SECONDS
    jobs = [
        NewJob(
            "payments.poll_psp_account",
            {"merchant_id": str(merchant_id), "psp_account_id": str(account_id)},
            merchant_id=merchant_id,
            dedupe_key=f"poll:{account_id}:{minute}",
        )
        for account_id, merchant_id in active.values_list("id", "merchant_id")[:MOST_ACCOUNTS]
    ]
    stage_jobs(jobs)
    return len(jobs)
