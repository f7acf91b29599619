"""Forgetting finished jobs: done rows go after thirty days, in bounded batches; dead rows stay for people."""

from __future__ import annotations

from datetime import timedelta

from django.db import connection

from foundation import clock
from foundation.jobs.registry import RunAgain
from foundation.transactions import owns_transaction

KEPT_DAYS = 30
BATCH_ROWS = 5_000

_FORGET = """
DELETE FROM foundation_job WHERE id IN (
    SELECT id FROM foundation_job
    WHERE id < %(youngest)s AND status = 'done' AND finished_at < %(before)s
    ORDER BY id LIMIT %(limit)s FOR UPDATE SKIP LOCKED
)
"""


@owns_transaction
def forget_finished_jobs(*, batch_rows: int = BATCH_ROWS) -> RunAgain | None:
    """Delete one batch of done rows; asks to run again while there may be more. Safe to repeat."""
    before = clock.now() - timedelta(days=KEPT_DAYS)
    # A UUIDv7 begins with its millisecond: the primary key finds old rows, no further index is kept for it.
    youngest = f"{int(before.timestamp() * 1000):012x}" + "0" * 20
    with connection.cursor() as cursor:
        cursor.execute(_FORGET, {"youngest": youngest, "before": before, "limit": batch_rows})
        deleted = cursor.rowcount
    return RunAgain(after_seconds=1) if deleted == batch_rows else None
