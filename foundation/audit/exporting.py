"""Seals, leaves and rows written to a file, for an auditor who has no access to the database.

JSON, one object a line, gzipped when the name ends in .gz; read and verified by offline.py:
    header  what the file covers, and the seal before it
    seal    as signed; then for each of its tables
    part    the table
    leaves  keys and hashes as they were sealed, a page; then
    row     each row up to the page's last key, as the database has it now
    end     the count of seals and rows, and the digest of all lines above, signed
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from foundation import clock
from foundation.audit.chain import SealRecord
from foundation.audit.comparing import Row, order_of
from foundation.audit.models import SealPage
from foundation.audit.reading import (
    Range,
    find_seal,
    get_signing_key,
    read_rows,
    read_seals,
    unhurried,
)
from foundation.audit.signing import SigningKey

FORMAT = "payments-audit-export/1"


@dataclass(frozen=True, slots=True)
class Export:
    """What was written. head_hash: of the last seal; kept elsewhere, it proves a later export complete."""

    seals: int
    rows: int
    head_hash: str
    public_key: str


def export_seals(path: Path, *, first: int = 1, last: int | None = None) -> Export:
    """Write seals `first` to `last` (None: all) with their rows. Nothing is judged; the verifier does that."""
    key = get_signing_key()
    before = find_seal(first - 1) if first > 1 else None
    with _open(path) as file, unhurried():
        sheet = _Sheet(file)
        sheet.write(
            type="header",
            format=FORMAT,
            made_at=clock.now().isoformat(),
            public_key=key.public_text,
            before=before.as_json() if before else None,
        )
        seals, head = 0, ""
        for seal in read_seals(first, last):
            _write_seal(sheet, seal)
            seals, head = seals + 1, seal.hash
        _write_end(sheet, seals, key)
    return Export(seals, sheet.rows, head, key.public_text)


class _Sheet:
    """Lines of a file, and their digest so far."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.rows = 0

    @property
    def digest(self) -> str:
        return self._digest.hexdigest()

    def write(self, **fields: Any) -> None:
        line = json.dumps(fields, separators=(",", ":"), ensure_ascii=False).encode() + b"\n"
        self._digest.update(line)
        self._file.write(line)

    def write_row(self, row: Row) -> None:
        self.rows += 1
        self.write(type="row", key=row[0], text=row[1])


def _open(path: Path) -> IO[bytes]:
    if path.suffix == ".gz":
        return gzip.open(path, "wb", compresslevel=6)  # type: ignore[return-value]
    return path.open("wb")


def _write_seal(sheet: _Sheet, seal: SealRecord) -> None:
    sheet.write(type="seal", seal=seal.as_json())
    for table, part in sorted(seal.parts.items()):
        sheet.write(type="part", table=table)
        rows = (row for _, row in read_rows(table, part.columns, [Range(part.from_xid, seal.upto_xid)]))
        row = next(rows, None)
        for page in _pages(seal.number, table):
            sheet.write(type="leaves", keys=page.keys.split("\n"), hashes=bytes(page.hashes).hex())
            end = order_of(page.keys.rpartition("\n")[2])
            while row is not None and order_of(row[0]) <= end:
                sheet.write_row(row)
                row = next(rows, None)
        while row is not None:
            sheet.write_row(row)
            row = next(rows, None)


def _pages(number: int, table: str) -> Iterator[SealPage]:
    pages = SealPage.objects.filter(seal_number=number, table_name=table).order_by("page")
    return pages.iterator(chunk_size=4)


def _write_end(sheet: _Sheet, seals: int, key: SigningKey) -> None:
    digest = sheet.digest
    sheet.write(
        type="end",
        seals=seals,
        rows=sheet.rows,
        digest=digest,
        key_id=key.key_id,
        signature=key.sign(digest.encode()),
    )
