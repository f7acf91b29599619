"""Have every PSP account asked for its payouts."""

from __future__ import annotations

from foundation import clock
from foundation.jobs.staging import NewJob, stage_jobs
from foundation.transactions import owns_transaction
from payments.queries.psp_accounts import list_account_ids


@owns_transaction
def stage_payout_polls() -> None:
    """One job an account: a slow PSP holds up nobody else's. Accounts switched off may still pay out.

    Writes: jobs payments.poll_payouts. Safe to repeat: an account is asked once an hour.
    """
    hour = f"{clock.now():%Y-%m-%dT%H}"
    stage_jobs(
        [
            NewJob(
                "payments.poll_payouts",
                {"merchant_id": str(merchant_id), "psp_account_id": str(account_id)},
                merchant_id=merchant_id,
                dedupe_key=f"poll_payouts:{account_id}:{hour}",
            )
            for account_id, merchant_id in list_account_ids()
        ]
    )
