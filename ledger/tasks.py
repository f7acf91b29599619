"""The ledger's jobs."""

from __future__ import annotations

from uuid import UUID

from foundation.jobs.registry import RunAgain, job
from ledger.operations.check_books import check_books
from ledger.operations.freeze_period import freeze_period
from ledger.operations.roll_snapshots import roll_snapshots
from ledger.reconciliation.operations.apply_break_file import apply_break_file
from ledger.reconciliation.operations.reconcile import reconcile
from ledger.reconciliation.operations.stage_reconciliations import stage_reconciliations


@job("ledger.roll_snapshots")
def roll_snapshots_job() -> None:
    roll_snapshots()


@job("ledger.freeze_period", queue="reports")
def freeze_period_job(*, merchant_id: str, period_id: str) -> None:
    freeze_period(merchant_id=UUID(merchant_id), period_id=UUID(period_id))


@job("ledger.check_books", queue="reports", max_attempts=2)
def check_books_job() -> RunAgain | None:
    return _again(not check_books())


@job("ledger.stage_reconciliations")
def stage_reconciliations_job() -> None:
    stage_reconciliations()


@job("ledger.apply_break_file", queue="reports")
def apply_break_file_job(*, merchant_id: str, file_id: str) -> RunAgain | None:
    return _again(not apply_break_file(merchant_id=UUID(merchant_id), file_id=UUID(file_id)))


@job("ledger.reconcile", queue="reports")
def reconcile_job(*, merchant_id: str) -> None:
    reconcile(merchant_id=UUID(merchant_id))


def _again(is_unfinished: bool) -> RunAgain | None:
    """Work that goes on where it stood, in the next of many short runs."""
    return RunAgain(after_seconds=1) if is_unfinished else None
