"""Streams of sealed rows, of their leaves and of the seals themselves, in bounded memory.

A row belongs to the seal whose range of transactions holds its xid. Sealer, verifier and exporter all read
through here, so they agree on what a row's text is.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection

from foundation.audit.chain import SealRecord
from foundation.audit.comparing import Leaf, Row
from foundation.audit.models import Seal, SealPage
from foundation.audit.sealed_tables import XID_NUMBER, row_text_sql
from foundation.audit.signing import KeyUnreadable, SigningKey

FETCHED_ROWS = 1_000
HASH_BYTES = 32

# Sorted by the server, on its disk if need be. Materialized: a cursor's plan for the first rows would else walk
# the whole primary key in search of a minute's rows.
_ROWS = """
WITH sealed AS MATERIALIZED (
    SELECT width_bucket({xid}, %(bounds)s::bigint[]) AS bucket, id, {text} AS text FROM {table}
    WHERE {xid} >= %(from_xid)s AND {xid} < %(upto_xid)s
)
SELECT bucket, id::text, text FROM sealed ORDER BY bucket, id
"""
# What the session may have set, and what a row's text depends on.
_RENDERING = "SELECT set_config('TimeZone', 'UTC', false), set_config('bytea_output', 'hex', false)"


@dataclass(frozen=True, slots=True)
class Range:
    """Transactions from from_xid on, below upto_xid, in which the rows of one seal were written."""

    from_xid: int
    upto_xid: int


def get_signing_key() -> SigningKey:
    """The key of settings.AUDIT_SIGNING_KEY. Raises ImproperlyConfigured with one sentence."""
    try:
        return SigningKey(settings.AUDIT_SIGNING_KEY)
    except KeyUnreadable as error:
        raise ImproperlyConfigured(f"AUDIT_SIGNING_KEY: {error}") from None


def read_rows(table: str, columns: Sequence[str], ranges: Sequence[Range]) -> Iterator[tuple[int, Row]]:
    """(position of the range, row), by range and key. ranges: one after the other, without gaps."""
    sql = _ROWS.format(xid=XID_NUMBER, table=connection.ops.quote_name(table), text=row_text_sql(columns))
    bounds: dict[str, Any] = {
        "bounds": [one.upto_xid for one in ranges],
        "from_xid": ranges[0].from_xid,
        "upto_xid": ranges[-1].upto_xid,
    }
    with connection.cursor() as cursor:
        cursor.execute(_RENDERING)
    with connection.chunked_cursor() as cursor:
        cursor.execute(sql, bounds)
        while batch := cursor.fetchmany(FETCHED_ROWS):
            for bucket, key, text in batch:
                yield bucket, (key, text)


def read_leaves(table: str, first: int, last: int) -> Iterator[tuple[int, Leaf]]:
    """(number of the seal, leaf) of seals first to last, in the order in which they were sealed."""
    pages = SealPage.objects.filter(table_name=table, seal_number__range=(first, last))
    for page in pages.order_by("seal_number", "page").iterator(chunk_size=4):
        hashes = bytes(page.hashes)
        for number, key in enumerate(page.keys.split("\n")):
            yield page.seal_number, (key, hashes[number * HASH_BYTES : (number + 1) * HASH_BYTES])


def read_seals(first: int = 1, last: int | None = None) -> Iterator[SealRecord]:
    """Seals as signed, by number. last: None for all there are. One whose parts nobody can read has none."""
    seals = Seal.objects.filter(number__gte=first)
    if last is not None:
        seals = seals.filter(number__lte=last)
    for seal in seals.order_by("number").iterator(chunk_size=500):
        try:
            yield record_of(seal)
        except (AttributeError, KeyError, TypeError):
            seal.parts = {}
            yield record_of(seal)


def find_seal(number: int) -> SealRecord | None:
    return next(read_seals(number, number), None)


def find_last_seal() -> SealRecord | None:
    seal = Seal.objects.order_by("number").last()
    return record_of(seal) if seal else None


def record_of(seal: Seal) -> SealRecord:
    """The row as the chain sees it."""
    return SealRecord.from_json(
        {
            "number": seal.number,
            "sealed_at": seal.sealed_at.astimezone(UTC).isoformat(),
            "upto_xid": seal.upto_xid,
            "parts": seal.parts,
            "previous_hash": seal.previous_hash,
            "hash": seal.hash,
            "key_id": seal.key_id,
            "signature": seal.signature,
        }
    )


@contextmanager
def unhurried(seconds: int = 0) -> Iterator[None]:
    """Statements may take this long (0: without limit): reading everything takes longer than a request may."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('statement_timeout', %s, false)", [f"{seconds}s"])
    try:
        yield
    finally:
        if connection.is_usable():
            with connection.cursor() as cursor:
                cursor.execute("RESET statement_timeout")
