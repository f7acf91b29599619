"""Calls of the posting functions of migration 0005: their array parameters, and what their refusals mean.

The arrays are written here rather than by psycopg, which weighs every element: that was a third of the time of a
bulk posting.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import DatabaseError, connection

from foundation.errors import DomainError
from ledger.errors import AccountBelowZero, EntryAlreadyReversed, LedgerReferenceReused, PeriodClosed

_REFUSALS: dict[str, type[DomainError]] = {
    "LG001": LedgerReferenceReused,
    "LG002": AccountBelowZero,
    "LG003": PeriodClosed,
}

_SPECIAL = frozenset('\\"')


def array(values: Iterable[object]) -> str:
    """A PostgreSQL array literal of ids and numbers, which need no quotes; None is NULL."""
    return "{" + ",".join(["NULL" if value is None else str(value) for value in values]) + "}"


def text_array(values: Iterable[str]) -> str:
    """A PostgreSQL array literal of texts, whatever they hold."""
    texts = list(values)
    if _SPECIAL.intersection("".join(texts)):
        texts = [text.replace("\\", "\\\\").replace('"', '\\"') for text in texts]
    return '{"' + '","'.join(texts) + '"}' if texts else "{}"


def bytes_array(values: Iterable[bytes]) -> str:
    return "{" + ",".join([f'"\\\\x{value.hex()}"' for value in values]) + "}"


def fetch_all(sql: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Run one posting statement.

    Raises LedgerReferenceReused, AccountBelowZero, PeriodClosed, EntryAlreadyReversed.

    After a refusal the transaction is aborted in PostgreSQL: the caller lets it end.
    """
    with _refusals_named(), connection.cursor() as cursor:
        cursor.execute(sql, parameters)
        return list(cursor.fetchall())


@contextmanager
def _refusals_named() -> Iterator[None]:
    try:
        yield
    except DatabaseError as error:
        cause = error.__cause__
        refusal = _REFUSALS.get(getattr(cause, "sqlstate", None) or "")
        if refusal is not None:
            raise refusal() from error
        if getattr(getattr(cause, "diag", None), "constraint_name", None) == "journal_entry_reversed_once":
            raise EntryAlreadyReversed() from error
        raise
