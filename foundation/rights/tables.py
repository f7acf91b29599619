"""Which rights the application has on a table: what the table's protection leaves."""

from __future__ import annotations

from foundation.audit.protected_tables import append_only_tables, never_deleted_tables

# The group that holds the rights. The application logs in as it, or as a member of it.
APP_ROLE = "payments_app"

READ = frozenset({"SELECT"})
APPEND = READ | {"INSERT"}
KEEP = APPEND | {"UPDATE"}
FREE = KEEP | {"DELETE"}

# Tables that the application only reads, and who writes them.
ONLY_READ = {
    "django_migrations": "migrate, as the owner: a migration that is only said to have run is a broken schema",
    "foundation_auditevent": "its trigger's function, as the owner: evidence that can be added by hand is none",
}


def rights_on(table: str) -> frozenset[str]:
    """The application's rights on a table; TRUNCATE, TRIGGER, REFERENCES and MAINTAIN are nobody's but the owner's."""
    if table in ONLY_READ:
        return READ
    if table in append_only_tables():
        return APPEND
    if table in never_deleted_tables():
        return KEEP
    return FREE
