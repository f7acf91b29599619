"""Say that every row of a file of breaks has its outcome."""

from __future__ import annotations

from uuid import UUID

from foundation import clock
from foundation.transactions import owns_transaction
from ledger.models import BreakFile
from ledger.reconciliation.locks import lock_break_file
from ledger.reconciliation.queries.break_changes import list_waiting_rows


@owns_transaction
def finish_break_file(*, merchant_id: UUID, file_id: UUID) -> None:
    """The last step of apply_break_file.

    Raises: ResourceMissing. Writes: the file. Safe to repeat: one that is done, or has rows waiting, is left alone.
    """
    file = lock_break_file(merchant_id, file_id)
    if file.status == BreakFile.Status.COMMITTED and not list_waiting_rows(merchant_id, file_id, limit=1):
        file.finish(clock.now())
        file.save()
