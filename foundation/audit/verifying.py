"""The database beside its seals: are the seals a chain, and is every row under them as it was sealed?

Works in windows of consecutive seals, one statement per table and window, so that a year of seals is no year of
statements. The same proof from an exported file: offline.py. Rows that are not sealed but audited (a payment's
present state): audited_rows.py.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.db import connection

from foundation.audit.chain import Finding, SealedPart, SealRecord, check_seal
from foundation.audit.comparing import FIRST_FINDINGS, Findings, compare_part
from foundation.audit.reading import Range, read_leaves, read_rows, read_seals
from foundation.audit.sealed_tables import XID_NUMBER, SealedTable, read_columns, sealed_tables
from foundation.audit.signing import VerifyingKeys

SEALS_PER_WINDOW = 500
ROWS_PER_WINDOW = 100_000

T = TypeVar("T")

# The row of the parent was written by another transaction, or never.
_DETACHED = """
SELECT child.id::text FROM {table} AS child
WHERE {xid} >= %(from_xid)s AND {xid} < %(upto_xid)s AND NOT EXISTS (
    SELECT FROM {parent} AS parent WHERE parent.id = child.{column} AND parent.xid = child.xid
)
ORDER BY child.id LIMIT %(limit)s
"""
# A snapshot ends at the last transaction that was completed: our own, if rows were written in it, is seen beyond.
_NOT_BEGUN = """
SELECT id::text FROM {table}
WHERE {xid} >= (pg_snapshot_xmax(pg_current_snapshot())::text)::bigint
    AND {xid} IS DISTINCT FROM (pg_current_xact_id_if_assigned()::text)::bigint
ORDER BY id LIMIT %(limit)s
"""
_UNSEALED = "SELECT count(*) FROM {table} WHERE {xid} >= %(from_xid)s"
_NO_LIMIT = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Window:
    """What came of some consecutive seals. last: the last of them."""

    last: SealRecord
    seals: int
    rows: int
    findings: Findings


def verify_seals(
    keys: VerifyingKeys, *, after: SealRecord | None = None, last: int | None = None
) -> Iterator[Window]:
    """Verify the seals behind `after` (None: from the first), a window at a time; the caller may stop between.

    Sealed rows never change, so it may run while rows are written and sealed.
    """
    previous = after
    for window in _windows(read_seals(after.number + 1 if after else 1, last)):
        findings = Findings()
        trusted: list[tuple[SealRecord, SealRecord | None]] = []
        for seal in window:
            faults = list(check_seal(seal, previous, keys))
            findings.extend(faults)
            # Of a seal that is not ours, nothing follows for any row.
            if not any(fault.kind in ("seal_changed", "signature_wrong") for fault in faults):
                trusted.append((seal, previous))
            previous = seal
        for table in sorted(window[0].parts):
            for run in _runs(trusted, table):
                _compare_table(table, run, findings)
        yield Window(window[-1], len(window), sum(seal.rows for seal in window), findings)


def verify_unsealed(last: SealRecord | None) -> tuple[int, Findings]:
    """Rows behind the last seal: how many, and which of them no writer of ours can have written."""
    findings = Findings()
    rows = 0
    for table in sealed_tables():
        begin = last.upto_xid if last and table.name in last.parts else 0
        rows += _read(_UNSEALED, table.name, from_xid=begin)[0][0]
        for (key,) in _read(_NOT_BEGUN, table.name):
            said = f"{table.name} {key} names a transaction that has not begun."
            findings.add(Finding("row_added", said, None, table.name, key))
        findings.extend(_find_detached(table, Range(begin, _NO_LIMIT)))
    return rows, findings


def _windows(seals: Iterator[SealRecord]) -> Iterator[list[SealRecord]]:
    window: list[SealRecord] = []
    rows = 0
    for seal in seals:
        is_full = len(window) == SEALS_PER_WINDOW or rows + seal.rows > ROWS_PER_WINDOW
        if window and (is_full or not _reads_alike(window[-1], seal)):
            yield window
            window, rows = [], 0
        window.append(seal)
        rows += seal.rows
    if window:
        yield window


def _reads_alike(one: SealRecord, other: SealRecord) -> bool:
    return {name: part.columns for name, part in one.parts.items()} == {
        name: part.columns for name, part in other.parts.items()
    }


def _runs(
    trusted: Sequence[tuple[SealRecord, SealRecord | None]], table: str
) -> Iterator[list[tuple[SealRecord, SealRecord | None]]]:
    """Seals whose ranges of transactions follow each other: what one statement can read."""
    run: list[tuple[SealRecord, SealRecord | None]] = []
    for seal, previous in trusted:
        if run and run[-1][0].upto_xid != seal.parts[table].from_xid:
            yield run
            run = []
        run.append((seal, previous))
    if run:
        yield run


def _compare_table(
    table: str, run: Sequence[tuple[SealRecord, SealRecord | None]], findings: Findings
) -> None:
    part = run[0][0].parts[table]
    if gone := sorted(set(part.columns) - set(read_columns(table))):
        said = f"{table} has no {', '.join(gone)} any more: its rows cannot be verified."
        findings.add(Finding("columns_missing", said, run[0][0].number, table))
        return
    ranges = [Range(seal.parts[table].from_xid, seal.upto_xid) for seal, _ in run]
    rows = _Grouped(read_rows(table, part.columns, ranges))
    leaves = _Grouped(read_leaves(table, run[0][0].number, run[-1][0].number))
    for position, (seal, previous) in enumerate(run):
        findings.join(
            compare_part(
                seal.number,
                table,
                seal.parts[table],
                leaves=leaves.take(seal.number),
                rows=rows.take(position),
                sealed_before_at=_sealed_before_at(seal.parts[table], previous),
            )
        )
    for registered in sealed_tables():
        if registered.name == table:
            findings.extend(_find_detached(registered, Range(ranges[0].from_xid, ranges[-1].upto_xid)))


def _sealed_before_at(part: SealedPart, previous: SealRecord | None) -> datetime | None:
    # A table's first seal holds all its past.
    return datetime.fromisoformat(previous.sealed_at) if previous and part.from_xid else None


def _find_detached(table: SealedTable, range_: Range) -> Iterator[Finding]:
    if table.part_of is None:
        return
    column, parent = table.part_of
    rows = _read(
        _DETACHED,
        table.name,
        from_xid=range_.from_xid,
        upto_xid=range_.upto_xid,
        column=column,
        parent=parent,
        xid=XID_NUMBER.replace("xid", "child.xid"),
    )
    for (key,) in rows:
        said = f"{table.name} {key} was not written together with its {parent}."
        yield Finding("row_added", said, None, table.name, key)


def _read(
    sql: str,
    table: str,
    *,
    from_xid: int = 0,
    upto_xid: int = 0,
    column: str = "",
    parent: str = "",
    xid: str = XID_NUMBER,
) -> list[tuple[Any, ...]]:
    quote = connection.ops.quote_name
    sql = sql.format(table=quote(table), xid=xid, column=quote(column), parent=quote(parent))
    with connection.cursor() as cursor:
        cursor.execute(sql, {"from_xid": from_xid, "upto_xid": upto_xid, "limit": FIRST_FINDINGS})
        return list(cursor.fetchall())


class _Grouped(Generic[T]):
    """A stream of (group, item) with rising groups, taken group by group without holding one in memory."""

    def __init__(self, stream: Iterator[tuple[int, T]]) -> None:
        self._stream = stream
        self._next = next(stream, None)

    def take(self, group: int) -> Iterator[T]:
        while self._next is not None and self._next[0] <= group:
            if self._next[0] == group:
                yield self._next[1]
            self._next = next(self._stream, None)
