"""Migration operations that put a table under protection: append-only, audited, never deleted.

    operations = [AppendOnly("ledger_posting"), Audited("payments_refund", exclude=("updated_at",))]

Each names a table, is reversible, and creates triggers that call the two functions of foundation's migration
0002: foundation_refuse_change() and foundation_record_change(). Not here: those functions; seals over the
events.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import router
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.operations.base import Operation


class TableTrigger(Operation):
    """One trigger on one table. Subclasses give its name and what follows `CREATE TRIGGER <name>`."""

    reversible = True
    reduces_to_sql = True
    trigger = ""
    purpose = ""

    def __init__(self, table: str) -> None:
        self.table = table

    def body_sql(self, table: str, schema_editor: BaseDatabaseSchemaEditor) -> str:
        raise NotImplementedError

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Triggers are no part of Django's model state."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        if router.allow_migrate(schema_editor.connection.alias, app_label):
            quote = schema_editor.quote_name
            body = self.body_sql(quote(self.table), schema_editor)
            schema_editor.execute(f"CREATE OR REPLACE TRIGGER {quote(self.trigger)} {body}", params=None)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        if router.allow_migrate(schema_editor.connection.alias, app_label):
            quote = schema_editor.quote_name
            schema_editor.execute(
                f"DROP TRIGGER IF EXISTS {quote(self.trigger)} ON {quote(self.table)}", params=None
            )

    def describe(self) -> str:
        return f"{self.purpose}: {self.table}"


class AppendOnly(TableTrigger):
    """Refuse UPDATE, DELETE and TRUNCATE, whether or not a row matches (IntegrityError, SQLSTATE 23001)."""

    trigger = "foundation_append_only"
    purpose = "Append-only"

    def body_sql(self, table: str, schema_editor: BaseDatabaseSchemaEditor) -> str:
        return (
            f"BEFORE UPDATE OR DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT "
            "EXECUTE FUNCTION foundation_refuse_change('the table is append-only')"
        )


class NeverDeleted(TableTrigger):
    """Refuse DELETE and TRUNCATE; rows may change (IntegrityError, SQLSTATE 23001)."""

    trigger = "foundation_never_deleted"
    purpose = "Never deleted"

    def body_sql(self, table: str, schema_editor: BaseDatabaseSchemaEditor) -> str:
        return (
            f"BEFORE DELETE OR TRUNCATE ON {table} FOR EACH STATEMENT "
            "EXECUTE FUNCTION foundation_refuse_change('its rows are never deleted')"
        )


class Audited(TableTrigger):
    """Write an AuditEvent for every INSERT, UPDATE and DELETE of a row.

    exclude: columns that are noise (last_used_at); a change of these alone leaves no event.
    secret: columns whose content may not be shown; a digest stands in, so that a change is still seen.
    key: the column that becomes row_id. merchant: the column of the tenant; without it app.merchant is taken.
    """

    trigger = "foundation_audited"
    purpose = "Audited"

    def __init__(
        self,
        table: str,
        exclude: Iterable[str] = (),
        secret: Iterable[str] = (),
        key: str = "id",
        merchant: str = "merchant_id",
    ) -> None:
        super().__init__(table)
        self.exclude = tuple(exclude)
        self.secret = tuple(secret)
        self.key = key
        self.merchant = merchant

    def body_sql(self, table: str, schema_editor: BaseDatabaseSchemaEditor) -> str:
        arguments = (self.key, self.merchant, _array(self.exclude), _array(self.secret))
        quoted = ", ".join(_literal(argument) for argument in arguments)
        return (
            f"AFTER INSERT OR UPDATE OR DELETE ON {table} FOR EACH ROW "
            f"EXECUTE FUNCTION foundation_record_change({quoted})"
        )


def protections_in(operations: Iterable[Operation]) -> list[TableTrigger]:
    """The operations of this module among a migration's."""
    return [operation for operation in operations if isinstance(operation, TableTrigger)]


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _array(columns: tuple[str, ...]) -> str:
    # A PostgreSQL array literal with every element quoted.
    escaped = (column.replace("\\", "\\\\").replace('"', '\\"') for column in columns)
    return "{" + ",".join(f'"{column}"' for column in escaped) + "}"
