"""Which tables are sealed, and how their rows are rendered: a register that upper floors push theirs into.

    register_sealed_table(SealedTable("ledger_posting", part_of=("entry_id", "ledger_journalentry")))

from AppConfig.ready, and in a migration Sealed("ledger_posting"). A sealed table is append-only, has `id` as its
key and an `xid` of the writing transaction. It may gain columns; one that is renamed or retyped breaks the
seals made before. Writers do nothing for the seals.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, router
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation

# xid8 has no operator class of BRIN; as a number it has. Queries must repeat this expression to use the index.
XID_NUMBER = "((xid::text)::bigint)"
PAGES_PER_RANGE = 16


@dataclass(frozen=True, slots=True)
class SealedTable:
    """dated_by: the column that says when the row was written. part_of: (column, parent table) whose row must
    have been written in the same transaction."""

    name: str
    dated_by: str | None = None
    part_of: tuple[str, str] | None = None


_tables: dict[str, SealedTable] = {}


def register_sealed_table(table: SealedTable) -> None:
    """Seal this table from the next seal on. Registering the same again changes nothing."""
    if _tables.setdefault(table.name, table) != table:
        raise ValueError(f"The table {table.name} is sealed in two ways.")


def sealed_tables() -> list[SealedTable]:
    """By name, which is the order of the parts in a seal."""
    return [_tables[name] for name in sorted(_tables)]


def read_columns(table: str) -> list[str]:
    """The table's columns in the order in which they were added; the first is the key."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0"
            " AND NOT attisdropped ORDER BY attnum",
            [connection.ops.quote_name(table)],
        )
        return [name for (name,) in cursor.fetchall()]


def row_text_sql(columns: Sequence[str]) -> str:
    """The SQL expression of a row's text: a JSON object of these columns, in this order."""
    quote = connection.ops.quote_name
    pairs = (f"'{column}', {quote(column)}" for column in columns)
    return f"json_build_object({', '.join(pairs)})::text"


class Sealed(Operation):
    """Let the sealer find a table's rows of the last minute: a BRIN index, which costs writers next to nothing."""

    reversible = True
    reduces_to_sql = True

    def __init__(self, table: str) -> None:
        self.table = table

    def state_forwards(self, app_label: str, state: Any) -> None:
        """An index on an expression over xid8 is no part of Django's model state."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        if router.allow_migrate(schema_editor.connection.alias, app_label):
            quote = schema_editor.quote_name
            schema_editor.execute(
                f"CREATE INDEX {quote(self._index)} ON {quote(self.table)} USING brin ({XID_NUMBER})"
                f" WITH (pages_per_range = {PAGES_PER_RANGE}, autosummarize = on)",
                params=None,
            )

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        if router.allow_migrate(schema_editor.connection.alias, app_label):
            schema_editor.execute(f"DROP INDEX {schema_editor.quote_name(self._index)}", params=None)

    def describe(self) -> str:
        return f"Sealed: {self.table}"

    @property
    def _index(self) -> str:
        return f"{self.table}_sealed"
