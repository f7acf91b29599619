"""Running due jobs in this process, without broker and relay: for tests, stories and simulators.

The same statements and the same runner as in production; only the message is left out.
"""

from __future__ import annotations

from foundation import clock
from foundation.jobs.claiming import claim_to_send
from foundation.jobs.registry import QUEUES
from foundation.jobs.running import run_job


def run_due_jobs(limit: int = 1_000) -> int:
    """Run jobs that are due by our clock, those they stage too, until none is left or `limit` have run.

    Returns how many were run. A handler's failure is recorded in its row, as in a worker; it is not raised.
    """
    ran = 0
    while ran < limit:
        sent = claim_to_send(queues=QUEUES, limit=1, due_at=clock.now())
        if not sent:
            break
        for job in sent:
            run_job(job.id)
            ran += 1
    return ran
