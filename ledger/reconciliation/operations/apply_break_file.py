"""Do what a file of breaks asks for, row by row."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from foundation.errors import DomainError
from foundation.transactions import outside_transaction
from ledger.reconciliation.break_files import BreakChange
from ledger.reconciliation.operations.assign_break import assign_break
from ledger.reconciliation.operations.explain_break import explain_break
from ledger.reconciliation.operations.request_write_off import request_write_off


@outside_transaction
def apply_break_file(*, merchant_id: UUID, changes: Sequence[BreakChange]) -> list[tuple[BreakChange, str]]:
    """Each row in transactions of its own; (row, what became of it): empty when done, else why not.

    changes: from preview_changes. A row that fails leaves the others alone; the same file again asks only for what
    is not done yet. Write-offs are asked for here and decided by somebody else, one by one.
    """
    return [(change, change.problem or _apply(merchant_id, change)) for change in changes]


def _apply(merchant_id: UUID, change: BreakChange) -> str:
    if change.break_id is None:
        return "This is no id of a break."
    try:
        if change.owner:
            assign_break(merchant_id=merchant_id, break_id=change.break_id, owner=change.owner)
        if change.explanation:
            explain_break(merchant_id=merchant_id, break_id=change.break_id, explanation=change.explanation)
        if change.write_off_reason:
            request_write_off(
                merchant_id=merchant_id, break_id=change.break_id, reason=change.write_off_reason
            )
    except DomainError as error:
        return error.text
    return ""
