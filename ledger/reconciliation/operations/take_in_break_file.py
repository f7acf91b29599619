"""Take in a file of breaks that somebody filled in, and say what it would do."""

from __future__ import annotations

from uuid import UUID

from foundation.context import current
from foundation.transactions import owns_transaction
from ledger.models import BreakFile, BreakFileRow
from ledger.reconciliation.break_files import BreakChange, read_break_file
from ledger.reconciliation.queries.break_changes import preview_changes

ROWS_AT_ONCE = 1_000


@owns_transaction
def take_in_break_file(
    *, merchant_id: UUID, content: bytes, file_name: str, may_write_off: bool
) -> BreakFile:
    """Keep what the rows ask for, without what is so already, each with why it could not be done as things stand.

    may_write_off: whether the person may ask for write-offs; a row that does is shown as refused otherwise.
    Raises: BreakFileInvalid.
    Writes: one BreakFile, its BreakFileRows; no break.
    Not safe to repeat: a file taken in twice is two files, and the second then asks for nothing that is done.
    """
    file = BreakFile(merchant_id=merchant_id, file_name=file_name[-255:], uploaded_by=current().actor)
    file.save()
    asked = read_break_file(content)
    for first in range(0, len(asked), ROWS_AT_ONCE):
        changes = preview_changes(
            merchant_id, asked[first : first + ROWS_AT_ONCE], may_write_off=may_write_off
        )
        BreakFileRow.across_merchants.bulk_create(_row(file, change) for change in changes)
        file.row_count += len(changes)
        file.doable_count += sum(not change.problem for change in changes)
    file.save()
    return file


def _row(file: BreakFile, change: BreakChange) -> BreakFileRow:
    return BreakFileRow(
        merchant_id=file.merchant_id,
        file=file,
        line_number=change.line,
        broken_id=change.break_id,
        named=change.public_id,
        owner=change.owner,
        explanation=change.explanation,
        write_off_reason=change.write_off_reason,
        problem=change.problem,
    )
