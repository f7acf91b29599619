"""Stage a look at every movement whose next check is due, in bounded batches."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from foundation import clock
from foundation.jobs.staging import NewJob, stage_jobs
from foundation.transactions import owns_transaction
from payments.models import Capture, PaymentAttempt, Refund, SetupIntent

BATCH = 200
CLAIM_SECONDS = 60
SUBJECTS: dict[str, type[Any]] = {
    "attempt": PaymentAttempt,
    "capture": Capture,
    "refund": Refund,
    "setup_intent": SetupIntent,
}


@owns_transaction
def sweep_due_checks() -> int:
    """Answers how many looks were staged.

    Writes: jobs payments.resolve_unknown. Safe to repeat: a row is staged once for each minute in which it is due.
    """
    now = clock.now()
    jobs = [job for kind, model in SUBJECTS.items() for job in _due(kind, model, now)]
    stage_jobs(jobs)
    return len(jobs)


def _due(kind: str, model: type[Any], now: datetime) -> list[NewJob]:
    rows = model.across_merchants.filter(next_check_at__lte=now).order_by("next_check_at")
    # The key names the minute: a look that died is staged again in the next one, a doubled sweep changes nothing.
    minute = int(now.timestamp()) // CLAIM_SECONDS
    return [
        NewJob(
            "payments.resolve_unknown",
            {"merchant_id": str(merchant_id), "kind": kind, "subject_id": str(row_id)},
            merchant_id=merchant_id,
            dedupe_key=f"look:{row_id}:{max(int(due.timestamp()) // CLAIM_SECONDS, minute)}:{int(due.timestamp())}",
        )
        for row_id, merchant_id, due in rows.values_list("id", "merchant_id", "next_check_at")[:BATCH]
    ]
