"""What only the owner of the database can do, and with what tests prove that it is found or refused.

Tests log in as the owner and work as the application (tests/conftest.py), so that both see one transaction.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection
from django.db.backends.utils import CursorWrapper
from psycopg.pq import TransactionStatus

from foundation.rights.tables import APP_ROLE

# Spelled as libpq reads it in a URL and in PGOPTIONS.
TAKES_ROLE = f"-c role={APP_ROLE}"


@contextmanager
def as_owner() -> Iterator[CursorWrapper]:
    """A cursor of the owner; all the connection does is the owner's until the block ends."""
    with connection.cursor() as cursor:
        cursor.execute("SET ROLE NONE")
        try:
            yield cursor
        finally:
            # A broken transaction takes no statement, and its end puts the role back.
            if connection.connection.info.transaction_status != TransactionStatus.INERROR:
                cursor.execute("RESET ROLE")


def past_the_triggers(sql: str, parameters: Sequence[Any] | None = None) -> list[tuple[Any, ...]]:
    """Run as the owner and behind the application's back: no trigger fires. The rows, when there are any."""
    with as_owner() as cursor:
        cursor.execute("SET session_replication_role = replica")
        try:
            cursor.execute(sql, parameters)
            return list(cursor.fetchall()) if cursor.description else []
        finally:
            cursor.execute("SET session_replication_role = origin")
