"""Import a file of a PSP or a bank."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import BinaryIO
from uuid import UUID

from foundation import clock
from foundation.context import current
from foundation.transactions import owns_transaction
from ledger.models import Statement
from ledger.reconciliation.errors import StatementUnreadable
from ledger.reconciliation.importers.formats import FORMATS, Coverage, Format
from ledger.reconciliation.locks import lock_reconciliation
from ledger.reconciliation.steps.store_lines import Stored, store_lines

_CHUNK_BYTES = 1 << 20
CLOCKS_DIFFER = timedelta(minutes=5)
"""Between a PSP's time of a movement and ours."""


@dataclass(frozen=True, slots=True)
class ImportedStatement:
    """is_new False: the file had been taken in before, and nothing was done."""

    statement: Statement
    is_new: bool


@owns_transaction
def import_settlement(
    *,
    merchant_id: UUID,
    psp_account: str,
    format: str,
    file: BinaryIO,
    file_name: str = "",
    covers_until_at: datetime | None = None,
) -> ImportedStatement:
    """Take a statement in, line by line.

    psp_account: the public id of the PSP account that the file tells of (a bank statement: into which it pays
    out). format: a name of FORMATS. file: open for reading bytes, seekable. covers_until_at: until when everything
    that happened is in the file; null: as the format says.
    Raises: StatementUnreadable for a file that is not of its format; a single bad line is kept with its reason.
    Writes: one Statement, its StatementLines and UnreadLines.
    Safe to repeat: by the hash of the file; lines of overlapping files are stored once.
    """
    reading = FORMATS.get(format)
    if reading is None:
        raise StatementUnreadable(f"There is no format {format}; there are {', '.join(FORMATS)}.")
    lock_reconciliation(merchant_id)
    digest, size = _digest(file)
    known = Statement.objects.for_merchant(merchant_id).filter(psp_account=psp_account, file_sha256=digest)
    if (statement := known.first()) is not None:
        return ImportedStatement(statement, is_new=False)
    statement = Statement(
        merchant_id=merchant_id,
        psp_account=psp_account,
        source=reading.source,
        format=format,
        file_name=file_name[-255:],
        file_sha256=digest,
        file_bytes=size,
        imported_by=current().actor,
    )
    statement.save()
    stored = store_lines(statement, reading.read(file))
    _describe(statement, stored, reading, covers_until_at)
    statement.save()
    return ImportedStatement(statement, is_new=True)


def _digest(file: BinaryIO) -> tuple[str, int]:
    """(SHA-256 in hex, bytes); the file stands at its beginning again."""
    hashed, size = sha256(), 0
    while chunk := file.read(_CHUNK_BYTES):
        hashed.update(chunk)
        size += len(chunk)
    file.seek(0)
    return hashed.hexdigest(), size


def _describe(
    statement: Statement, stored: Stored, reading: Format, covers_until_at: datetime | None
) -> None:
    statement.lines_stored = stored.stored
    statement.lines_known = stored.read - stored.stored
    statement.lines_unread = len(stored.unread)
    statement.stated_balances = stored.stated
    statement.covers_from_at = stored.first_at
    statement.covers_until_at = covers_until_at or _covered_until(stored.last_at, reading.coverage)


def _covered_until(last_at: datetime | None, coverage: Coverage) -> datetime | None:
    if last_at is None or coverage is Coverage.LAST_LINE:
        return last_at and last_at + CLOCKS_DIFFER
    day = last_at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    day_ends_at = day + timedelta(days=1)
    return day_ends_at if coverage is Coverage.CLOSED_DAYS else max(last_at, min(day_ends_at, clock.now()))
