"""Do what a committed file of breaks asks for, row by row, as far as the time goes."""

from __future__ import annotations

from time import monotonic
from uuid import UUID

from foundation.context import acting
from foundation.transactions import outside_transaction
from ledger.models import BreakFile
from ledger.reconciliation.operations.apply_break_row import apply_break_row
from ledger.reconciliation.operations.finish_break_file import finish_break_file
from ledger.reconciliation.queries.break_changes import get_break_file, list_waiting_rows

SECONDS = 20.0
ROWS_AT_ONCE = 200


@outside_transaction
def apply_break_file(*, merchant_id: UUID, file_id: UUID, seconds: float = SECONDS) -> bool:
    """Each row in a transaction of its own, in the name of who committed the file. True when every row has an outcome.

    A row that fails leaves the others alone. Write-offs are asked for here and decided by somebody else, one by one.
    Raises: ResourceMissing.
    Safe to repeat, and two at once: a row is done once, and the next call goes on where this one ended.
    """
    file = get_break_file(merchant_id, file_id)
    if file.status != BreakFile.Status.COMMITTED:
        return True
    until = monotonic() + seconds
    with acting(actor=file.committed_by, merchant_id=merchant_id, reason="Bulk file of breaks"):
        while rows := list_waiting_rows(merchant_id, file_id, limit=ROWS_AT_ONCE):
            for row_id in rows:
                apply_break_row(merchant_id=merchant_id, row_id=row_id, may_write_off=file.may_write_off)
                if monotonic() > until:
                    return False
        finish_break_file(merchant_id=merchant_id, file_id=file_id)
    return True
