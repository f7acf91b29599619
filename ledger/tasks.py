"""The ledger's jobs."""

from __future__ import annotations

from foundation.jobs.registry import job
from ledger.operations.roll_snapshots import roll_snapshots


@job("ledger.roll_snapshots")
def roll_snapshots_job() -> None:
    roll_snapshots()
