"""Grants the application its rights, and says where they are other than they should be.

Run as the owner by every `migrate`, after the last migration: a new table cannot be forgotten, and a right that
somebody granted by hand does not outlive the next deployment. Until then a new table is born with SELECT and
INSERT alone.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from foundation.rights.tables import APP_ROLE, READ, rights_on


def _of_whoever_migrates(sql: str) -> str:
    return sql.replace(
        "{migrates}", "(SELECT relowner FROM pg_class WHERE oid = to_regclass('django_migrations'))"
    )


# The tables, views, sequences and functions in our schema of whoever migrates, those of extensions left out, each
# with what the role may do. A right on one column counts like the right on the table.
_STANDING = _of_whoever_migrates("""
SELECT CASE relkind WHEN 'S' THEN 'SEQUENCE' WHEN 'v' THEN 'VIEW' WHEN 'm' THEN 'VIEW' ELSE 'TABLE' END,
    oid::regclass::text, relname, array(
        SELECT held FROM unnest(CASE relkind WHEN 'S' THEN '{SELECT,USAGE,UPDATE}'::text[] ELSE
            '{SELECT,INSERT,UPDATE,DELETE,TRUNCATE,REFERENCES,TRIGGER,MAINTAIN}'::text[] END) AS held
        WHERE CASE
            WHEN relkind = 'S' THEN has_sequence_privilege(%(role)s, pg_class.oid, held)
            WHEN held IN ('SELECT', 'INSERT', 'UPDATE', 'REFERENCES')
                THEN has_any_column_privilege(%(role)s, pg_class.oid, held)
            ELSE has_table_privilege(%(role)s, pg_class.oid, held)
        END
    )
FROM pg_class
WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p', 'f', 'v', 'm', 'S')
    AND relowner = {migrates}
    AND NOT EXISTS (
        SELECT FROM pg_depend WHERE classid = 'pg_class'::regclass AND objid = pg_class.oid AND deptype = 'e'
    )
UNION ALL
SELECT CASE WHEN prosecdef THEN 'DEFINER' ELSE 'FUNCTION' END, oid::regprocedure::text, proname, array(
    SELECT held FROM unnest('{EXECUTE}'::text[]) AS held WHERE has_function_privilege(%(role)s, pg_proc.oid, held)
)
FROM pg_proc
WHERE pronamespace = current_schema()::regnamespace AND proowner = {migrates}
    AND NOT EXISTS (
        SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e'
    )
UNION ALL
SELECT 'SCHEMA', quote_ident(current_schema()), current_schema(), array(
    SELECT held FROM unnest('{USAGE,CREATE}'::text[]) AS held
    WHERE has_schema_privilege(%(role)s, current_schema(), held)
)
UNION ALL
SELECT 'DATABASE', quote_ident(current_database()), current_database(), array(
    SELECT held FROM unnest('{CONNECT,TEMPORARY,CREATE}'::text[]) AS held
    WHERE has_database_privilege(%(role)s, current_database(), held)
)
ORDER BY 1, 2
""")
_WANTED = {
    "VIEW": READ,
    # nextval, and no setval.
    "SEQUENCE": frozenset({"USAGE"}),
    "FUNCTION": frozenset({"EXECUTE"}),
    # It runs as the owner. Triggers fire it without this right; with it, somebody could tie it to a table of their own.
    "DEFINER": frozenset(),
    "SCHEMA": frozenset({"USAGE"}),
    # TEMPORARY: an import of statements streams into a table of its own transaction.
    "DATABASE": frozenset({"CONNECT", "TEMPORARY"}),
}
_WORDS = {"VIEW": "TABLE", "DEFINER": "FUNCTION"}

_MAKE_ROLE = f"""
DO $$ BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{APP_ROLE}') THEN
        CREATE ROLE {APP_ROLE} NOLOGIN;
        IF NOT pg_has_role(current_user, '{APP_ROLE}', 'SET') THEN
            GRANT {APP_ROLE} TO CURRENT_USER WITH INHERIT FALSE, SET TRUE;
        END IF;
    END IF;
EXCEPTION WHEN duplicate_object OR unique_violation THEN
    NULL; -- Another database of this server is being migrated at the same moment.
END $$
"""
_BORN_RESTRICTED = f"""
ALTER DEFAULT PRIVILEGES IN SCHEMA {{schema}} REVOKE ALL ON TABLES FROM {APP_ROLE};
ALTER DEFAULT PRIVILEGES IN SCHEMA {{schema}} GRANT SELECT, INSERT ON TABLES TO {APP_ROLE};
ALTER DEFAULT PRIVILEGES IN SCHEMA {{schema}} GRANT USAGE ON SEQUENCES TO {APP_ROLE}
"""
# A check that finds its tables by name must not find a temporary one first: it would look at the wrong rows.
_UNPINNED = _of_whoever_migrates("""
SELECT oid::regprocedure::text FROM pg_proc
WHERE pronamespace = current_schema()::regnamespace AND proowner = {migrates}
    AND (prorettype = 'trigger'::regtype OR prosecdef)
    AND NOT EXISTS (SELECT FROM unnest(proconfig) AS setting WHERE starts_with(setting, 'search_path='))
    AND NOT EXISTS (
        SELECT FROM pg_depend WHERE classid = 'pg_proc'::regclass AND objid = pg_proc.oid AND deptype = 'e'
    )
""")


class RightsNotGranted(RuntimeError):
    """The application's role may do more than it should, or less, and the owner could not change that."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What the application may do with one thing of the database, and what it should be able to do."""

    kind: str
    sql: str
    name: str
    has: frozenset[str]
    should: frozenset[str]

    def __str__(self) -> str:
        more, less = sorted(self.has - self.should), sorted(self.should - self.has)
        said = [f"may {', '.join(more)}"] if more else []
        said += [f"may not {', '.join(less)}"] if less else []
        return f"{APP_ROLE} {' and '.join(said)} on {self.kind.lower()} {self.sql}"


def role_exists() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_roles WHERE rolname = %s)", [APP_ROLE])
        return bool(cursor.fetchone()[0])


def list_standings() -> list[Standing]:
    """Everything in our schema, with the rights the application has by any way: granted to it, to a role it is a
    member of, or to everybody."""
    with connection.cursor() as cursor:
        cursor.execute(_STANDING, {"role": APP_ROLE})
        return [
            Standing(kind, sql, name, frozenset(has), _WANTED[kind] if kind in _WANTED else rights_on(name))
            for kind, sql, name, has in cursor.fetchall()
        ]


def list_differences() -> list[Standing]:
    return [standing for standing in list_standings() if standing.has != standing.should]


def grant_rights() -> None:
    """Make the role when it is missing, and its rights what the protections say. As the owner of the tables.

    Raises RightsNotGranted when a difference remains. Safe to repeat.
    """
    with connection.cursor() as cursor:
        if not role_exists():
            cursor.execute(_MAKE_ROLE)
        cursor.execute("SELECT quote_ident(current_schema())")
        schema = cursor.fetchone()[0]
        cursor.execute(_BORN_RESTRICTED.format(schema=schema))
        cursor.execute(_UNPINNED)
        for (function,) in cursor.fetchall():
            cursor.execute(f"ALTER FUNCTION {function} SET search_path = pg_catalog, {schema}, pg_temp")
        for standing in list_differences():
            cursor.execute(_grant_sql(standing))
    left = list_differences()
    if left:
        raise RightsNotGranted("; ".join(str(standing) for standing in left[:3]) + ".")


def _grant_sql(standing: Standing) -> str:
    place = f"{_WORDS.get(standing.kind, standing.kind)} {standing.sql}"
    # What everybody may, it may too.
    statements = [f"REVOKE ALL ON {place} FROM PUBLIC, {APP_ROLE}"]
    if standing.should:
        statements.append(f"GRANT {', '.join(sorted(standing.should))} ON {place} TO {APP_ROLE}")
    return "; ".join(statements)
