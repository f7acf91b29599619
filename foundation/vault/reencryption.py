"""Moving ciphertexts from superseded data keys to the current one of their merchant, some at a time.

Raw SQL, because the tables belong to rooms and apps that this floor does not know: they are names in a register.
"""

from __future__ import annotations

from collections import Counter
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg import sql

from foundation.transactions import joins_transaction
from foundation.vault.errors import VaultCorrupted, VaultKeyMissing
from foundation.vault.fields import FORMAT, decrypt_field, encrypt_field
from foundation.vault.models import DataKey
from foundation.vault.sealed_columns import Moved, SealedColumn, sealed_columns

# By merchant and then by what a ciphertext begins with: both kinds of column, text and bytes, know substring.
_UNDER = "FROM {table} WHERE merchant_id = %s AND substring({column}, 1, %s) = %s"
_READ = f"SELECT id, {{column}} {_UNDER} AND id > %s ORDER BY id LIMIT %s"
_COUNT = f"SELECT count(*) {_UNDER}"
_REPLACE = "UPDATE {table} SET {column} = %s WHERE id = %s AND {column} = %s"
BEFORE_ANY = UUID(int=0)
# Most places are empty: a merchant has few rows. So many are looked at in one transaction.
PLACES_AT_ONCE = 50


@joins_transaction
def reencrypt_some(cursor: list[str | int] | None, limit: int) -> Moved:
    """Up to `limit` rows under superseded data keys. cursor: [data key, column, last row].

    A row that changed meanwhile is left: what is written now is under the current key.
    """
    done: Counter[str] = Counter()
    unreadable: Counter[str] = Counter()
    for _ in range(PLACES_AT_ONCE):
        data_key, column, after = _place(cursor)
        if data_key is None:
            return Moved(None, done, unreadable)
        rows = _rows_under(data_key, column, after, limit)
        for row_id, stored in rows:
            try:
                done[column.name] += _move(data_key, column, row_id, stored)
            except (VaultCorrupted, VaultKeyMissing):
                unreadable[column.name] += 1
        cursor = _behind(data_key, column, rows[-1][0] if len(rows) == limit else None)
        if sum(done.values()) >= limit:
            break
    return Moved(cursor, done, unreadable)


def count_under(data_key: DataKey) -> dict[str, int]:
    """How many ciphertexts are under this data key, by column; columns with none are left out."""
    found = {}
    for column in sealed_columns():
        with connection.cursor() as cursor:
            cursor.execute(_statement(_COUNT, column), _beginning(data_key, column))
            (number,) = cursor.fetchone()
        if number:
            found[column.name] = number
    return found


def superseded_keys() -> list[DataKey]:
    """Those that may still hold something, oldest first. Bounded: a merchant has few, and retires them."""
    rows = DataKey.across_merchants.filter(superseded_at__isnull=False, retired_at__isnull=True)
    return list(rows.order_by("id"))


def _place(cursor: list[str | int] | None) -> tuple[DataKey | None, SealedColumn, UUID]:
    first_column = sealed_columns()[0]
    rows = DataKey.across_merchants.filter(superseded_at__isnull=False, retired_at__isnull=True).order_by(
        "id"
    )
    if cursor is None:
        return rows.first(), first_column, BEFORE_ANY
    key_id, column_name, after = (str(part) for part in cursor)
    if column_name:
        columns = {column.name: column for column in sealed_columns()}
        held = rows.filter(pk=key_id).first()
        if held is not None and column_name in columns:
            return held, columns[column_name], UUID(after)
    return rows.filter(pk__gt=key_id).first(), first_column, BEFORE_ANY


def _behind(data_key: DataKey, column: SealedColumn, last: UUID | None) -> list[str | int]:
    """Where to go on: in the same column, with the next one, or with the next data key."""
    if last is not None:
        return [str(data_key.id), column.name, str(last)]
    later = [other for other in sealed_columns() if other.name > column.name]
    return [str(data_key.id), later[0].name if later else "", str(BEFORE_ANY)]


def _rows_under(
    data_key: DataKey, column: SealedColumn, after: UUID, limit: int
) -> list[tuple[UUID, str | bytes]]:
    with connection.cursor() as cursor:
        cursor.execute(_statement(_READ, column), [*_beginning(data_key, column), after, limit])
        return list(cursor.fetchall())


def _move(data_key: DataKey, column: SealedColumn, row_id: UUID, stored: str | bytes) -> int:
    """1, or 0 when the row changed meanwhile. Raises VaultCorrupted, VaultKeyMissing."""
    place = {"table": column.table, "column": column.bound_as or column.column, "row_id": str(row_id)}
    sealed = stored if isinstance(stored, str) else bytes(stored).decode()
    plain = decrypt_field(data_key.merchant_id, sealed, **place)
    fresh = encrypt_field(data_key.merchant_id, plain, **place)
    becomes = fresh.encode() if column.is_binary else fresh
    with connection.cursor() as cursor:
        cursor.execute(_statement(_REPLACE, column), [becomes, row_id, stored])
        return int(cursor.rowcount)


def _beginning(data_key: DataKey, column: SealedColumn) -> list[Any]:
    text = f"{FORMAT}.{data_key.public_id}."
    return [data_key.merchant_id, len(text), text.encode() if column.is_binary else text]


def _statement(template: str, column: SealedColumn) -> sql.Composed:
    return sql.SQL(template).format(table=sql.Identifier(column.table), column=sql.Identifier(column.column))
