"""Forgetting keys once their keeping time is over."""

from __future__ import annotations

from django.conf import settings

from foundation.idempotency import store
from foundation.jobs.registry import RunAgain
from foundation.transactions import owns_transaction

BATCH_ROWS = 5_000


@owns_transaction
def purge_idempotency_keys() -> RunAgain | None:
    """Delete one batch of keys older than 30 days; asks to run again while there may be more.

    Writes foundation_idempotencykey.
    Safe to repeat: what is gone is not found again.
    """
    purged = store.purge(older_than_days=settings.IDEMPOTENCY_KEEP_DAYS, limit=BATCH_ROWS)
    return RunAgain(after_seconds=1) if purged == BATCH_ROWS else None
