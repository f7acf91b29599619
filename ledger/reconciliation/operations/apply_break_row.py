"""Do what one row of a file of breaks asks for."""

from __future__ import annotations

from uuid import UUID

from foundation.errors import DomainError
from foundation.transactions import owns_transaction
from ledger.models import BreakFileRow
from ledger.reconciliation.break_files import BreakChange
from ledger.reconciliation.locks import lock_break, lock_waiting_row
from ledger.reconciliation.queries.break_changes import preview_changes
from ledger.reconciliation.steps.change_break import ask_write_off, assign, explain

DONE = "Done"
ALREADY_SO = "Already so"


@owns_transaction
def apply_break_row(*, merchant_id: UUID, row_id: int, may_write_off: bool) -> None:
    """All that the row asks for, or nothing and why. It is compared with its break as that stands now.

    Raises: nothing of the domain: a refusal is the row's outcome.
    Writes: the row with its outcome, the break.
    Safe to repeat: a row with an outcome is left alone.
    """
    row = lock_waiting_row(merchant_id, row_id)
    if row is None:
        return
    changes = [] if row.problem else preview_changes(merchant_id, [_change(row)], may_write_off=may_write_off)
    problem = row.problem or (changes[0].problem if changes else "")
    if problem:
        row.outcome = problem
    else:
        row.outcome = _apply(merchant_id, changes[0]) if changes else ALREADY_SO
    row.save(update_fields=["outcome"])


def _apply(merchant_id: UUID, change: BreakChange) -> str:
    try:
        found = lock_break(merchant_id, change.break_id or UUID(int=0))
        if change.owner:
            assign(found, change.owner)
        if change.explanation:
            explain(found, change.explanation)
        if change.write_off_reason:
            ask_write_off(found, change.write_off_reason)
    except DomainError as error:
        # Nothing of it is saved.
        return error.text[:255]
    found.save()
    return DONE


def _change(row: BreakFileRow) -> BreakChange:
    return BreakChange(
        line=row.line_number,
        break_id=row.broken_id,
        public_id=row.named,
        owner=row.owner,
        explanation=row.explanation,
        write_off_reason=row.write_off_reason,
    )
