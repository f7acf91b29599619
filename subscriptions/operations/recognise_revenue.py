"""Beat's part of revenue: what was deferred and has been earned since becomes income."""

from __future__ import annotations

from foundation import clock
from foundation.transactions import owns_transaction
from subscriptions.locks import claim_due_revenue
from subscriptions.steps.recognise import recognise

BATCH = 200


@owns_transaction
def recognise_revenue() -> int:
    """How many schedules were due; a full batch means that more are.

    Writes: as recognise does, for each of a batch, in one transaction.
    Safe to repeat: a schedule is due no more once its part is recognised; two beats take different ones.
    """
    now = clock.now()
    due = claim_due_revenue(now=now, limit=BATCH)
    for schedule in due:
        recognise(schedule, now=now)
    return len(due)
