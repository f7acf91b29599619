"""Every protection that the migrations have put on a table: the register behind triggers and rights.

Read from the migrations and not from the database, whose triggers may have been changed with the rows.
"""

from __future__ import annotations

from functools import lru_cache

from django.db.migrations.loader import MigrationLoader

from foundation.audit.protection import AppendOnly, Audited, NeverDeleted, TableTrigger, protections_in


@lru_cache(maxsize=1)
def protections() -> dict[tuple[str, str], TableTrigger]:
    """By table and trigger; the latest migration's word counts."""
    loader = MigrationLoader(None, load=False)
    loader.load_disk()
    ordered = sorted(loader.disk_migrations.items())
    return {
        (made.table, made.trigger): made
        for _, migration in ordered
        for made in protections_in(migration.operations)
    }


def audited_tables() -> dict[str, Audited]:
    """By table, with what its trigger leaves out and hides."""
    return {table: made for (table, _), made in protections().items() if isinstance(made, Audited)}


def append_only_tables() -> frozenset[str]:
    return frozenset(table for (table, _), made in protections().items() if isinstance(made, AppendOnly))


def never_deleted_tables() -> frozenset[str]:
    return frozenset(table for (table, _), made in protections().items() if isinstance(made, NeverDeleted))
