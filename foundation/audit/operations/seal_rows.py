"""Seal what was written since the last seal: the sealer."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC

import structlog
from django.db import connection

from foundation import clock
from foundation.audit.chain import NO_SEAL_BEFORE, SealedPart, SealRecord, content_hash, seal_content
from foundation.audit.comparing import Row
from foundation.audit.locks import claim_seal_chain
from foundation.audit.merkle import MerkleRoot, leaf_hash
from foundation.audit.models import Seal, SealPage
from foundation.audit.reading import Range, find_last_seal, get_signing_key, read_rows, unhurried
from foundation.audit.sealed_tables import XID_NUMBER, SealedTable, read_columns, sealed_tables
from foundation.transactions import joins_transaction, outside_transaction, owns_transaction

ROWS_PER_SEAL = 20_000
ROWS_PER_PAGE = 1_000
SEALS_PER_RUN = 20
STATEMENT_SECONDS = 40

log = structlog.get_logger(__name__)

# Below this, every transaction has ended: nothing can appear there later, however late it commits.
_HORIZON = "SELECT (pg_snapshot_xmin(pg_current_snapshot())::text)::bigint"
# The transactions of the first row and of the first row too many.
_REACH = """
WITH waiting AS MATERIALIZED (
    SELECT {xid} AS xid FROM {table} WHERE {xid} >= %(from_xid)s AND {xid} < %(horizon)s
)
SELECT min(xid), (SELECT xid FROM waiting ORDER BY xid OFFSET %(rows)s LIMIT 1) FROM waiting
"""


class TransactionCountWentBack(RuntimeError):
    """The server counts transactions below the last seal: it was restored from a dump. See runbook broken-seal."""


@outside_transaction
def seal_rows(*, rows_per_seal: int = ROWS_PER_SEAL, seals_at_most: int = SEALS_PER_RUN) -> list[int]:
    """Seal until everything below the oldest running transaction is sealed; the numbers of the seals made.

    rows_per_seal: per table; a transaction that wrote more is sealed whole. seals_at_most: when so many were
    made, more may be waiting. None are made while another sealer is at it.
    Raises TransactionCountWentBack.
    Writes: Seals and SealPages, a seal in a transaction. Takes no lock that a writer waits for.
    Safe to repeat, and two at once: each seal goes on where the last one ended.
    """
    numbers: list[int] = []
    with unhurried(STATEMENT_SECONDS):
        while len(numbers) < seals_at_most:
            sealed = _seal_next(rows_per_seal=rows_per_seal)
            if sealed is None:
                break
            seal, is_caught_up = sealed
            numbers.append(seal.number)
            # The log is kept elsewhere: a chain that was cut and sealed anew does not match it.
            log.info("rows_sealed", seal=seal.number, code=seal.hash, count=seal.rows)
            if is_caught_up:
                break
    return numbers


@owns_transaction
def _seal_next(*, rows_per_seal: int) -> tuple[SealRecord, bool] | None:
    if not claim_seal_chain():
        return None
    previous = find_last_seal()
    horizon = _read_number(_HORIZON)
    if previous and horizon < previous.upto_xid:
        raise TransactionCountWentBack(
            f"Seal {previous.number} reaches to transaction {previous.upto_xid}, the server is at {horizon}."
        )
    if previous and horizon == previous.upto_xid:
        return None
    begins = {table.name: _begin_of(table, previous) for table in sealed_tables()}
    upto_xid = min(_reach(name, begin, horizon, rows_per_seal) for name, begin in begins.items())
    number = previous.number + 1 if previous else 1
    parts = {
        table.name: _seal_part(number, table, Range(begins[table.name], upto_xid))
        for table in sealed_tables()
    }
    return _sign(number, upto_xid, parts, previous), upto_xid == horizon


def _begin_of(table: SealedTable, previous: SealRecord | None) -> int:
    # A table that is sealed for the first time brings all it holds.
    return previous.upto_xid if previous and table.name in previous.parts else 0


def _reach(table: str, from_xid: int, horizon: int, rows_per_seal: int) -> int:
    sql = _REACH.format(xid=XID_NUMBER, table=connection.ops.quote_name(table))
    with connection.cursor() as cursor:
        cursor.execute(sql, {"from_xid": from_xid, "horizon": horizon, "rows": rows_per_seal})
        first, beyond = cursor.fetchone()
    # A transaction's rows stay together: one larger than a seal is a seal.
    return horizon if beyond is None else max(beyond, first + 1)


@joins_transaction
def _seal_part(number: int, table: SealedTable, range_: Range) -> SealedPart:
    columns = read_columns(table.name)
    root = MerkleRoot()
    rows = (row for _, row in read_rows(table.name, columns, [range_]))
    for page, batch in enumerate(_pages(rows)):
        leaves = [leaf_hash(table.name, text) for _, text in batch]
        for leaf in leaves:
            root.add(leaf)
        SealPage.objects.create(
            seal_number=number,
            table_name=table.name,
            page=page,
            keys="\n".join(key for key, _ in batch),
            hashes=b"".join(leaves),
        )
    return SealedPart(columns, table.dated_by, range_.from_xid, root.rows, root.root())


def _pages(rows: Iterator[Row]) -> Iterator[list[Row]]:
    page: list[Row] = []
    for row in rows:
        page.append(row)
        if len(page) == ROWS_PER_PAGE:
            yield page
            page = []
    if page:
        yield page


@joins_transaction
def _sign(
    number: int, upto_xid: int, parts: dict[str, SealedPart], previous: SealRecord | None
) -> SealRecord:
    sealed_at = clock.now()
    said = sealed_at.astimezone(UTC).isoformat()
    previous_hash = previous.hash if previous else NO_SEAL_BEFORE
    content = seal_content(
        number=number, sealed_at=said, upto_xid=upto_xid, parts=parts, previous_hash=previous_hash
    )
    key = get_signing_key()
    seal = SealRecord(
        number, said, upto_xid, parts, previous_hash, content_hash(content), key.key_id, key.sign(content)
    )
    Seal.objects.create(
        number=number,
        sealed_at=sealed_at,
        upto_xid=upto_xid,
        parts={table: asdict(part) for table, part in parts.items()},
        row_count=seal.rows,
        previous_hash=previous_hash,
        hash=seal.hash,
        key_id=seal.key_id,
        signature=seal.signature,
    )
    return seal


def _read_number(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0])
