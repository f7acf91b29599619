"""The jobs of the seals."""

from __future__ import annotations

from foundation.audit.operations.seal_rows import SEALS_PER_RUN, seal_rows
from foundation.audit.operations.verify_next import verify_next
from foundation.jobs.registry import RunAgain, job


# On the queue that nobody waits for: a slice takes seconds.
@job("audit.seal", queue="reports")
def seal() -> RunAgain | None:
    return RunAgain(after_seconds=1) if len(seal_rows()) == SEALS_PER_RUN else None


@job("audit.verify", queue="reports")
def verify() -> None:
    verify_next()
