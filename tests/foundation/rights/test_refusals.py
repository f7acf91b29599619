"""What the application's role tries with append-only tables is refused by PostgreSQL, and nothing has changed."""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from typing import Any

import psycopg
import pytest
from django.db import ProgrammingError, connection, transaction
from psycopg import sql

from foundation.audit.protected_tables import append_only_tables
from foundation.rights.tables import APP_ROLE
from foundation.tenancy.models import Merchant
from tests.factories.owner import as_owner
from tests.foundation.audit.sealed import business, seal_all

TABLES = sorted(append_only_tables())
ATTEMPTS = [
    "UPDATE {table} SET {column} = {column}",
    "UPDATE {table} SET {column} = {column} WHERE false",
    "DELETE FROM {table}",
    "DELETE FROM {table} WHERE false",
    "TRUNCATE {table}",
    "TRUNCATE {table} CASCADE",
    "MERGE INTO {table} USING (SELECT 1) AS one (n) ON true WHEN MATCHED THEN DELETE",
    "SELECT * FROM {table} FOR UPDATE",
    "LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE",
    "ALTER TABLE {table} DISABLE TRIGGER foundation_append_only",
    "ALTER TABLE {table} DISABLE TRIGGER ALL",
    "ALTER TABLE {table} DROP COLUMN {column}",
    "ALTER TABLE {table} OWNER TO payments_app",
    "ALTER TABLE {table} RENAME TO forgotten",
    "DROP TRIGGER foundation_append_only ON {table}",
    "CREATE TRIGGER swallow BEFORE INSERT ON {table} FOR EACH ROW"
    " EXECUTE FUNCTION suppress_redundant_updates_trigger()",
    "CREATE RULE swallow AS ON INSERT TO {table} DO INSTEAD NOTHING",
    "CREATE INDEX ON {table} ({column})",
    "DROP TABLE {table} CASCADE",
]
# None of these names a table; each would open every one.
WAYS_ROUND = [
    "SET session_replication_role = replica",
    "CREATE TABLE mine (n int)",
    "CREATE SCHEMA mine",
    "CREATE OR REPLACE FUNCTION foundation_refuse_change() RETURNS trigger LANGUAGE plpgsql AS"
    " 'BEGIN RETURN NULL; END'",
    "DROP FUNCTION foundation_refuse_change() CASCADE",
    "ALTER FUNCTION foundation_record_change() RESET search_path",
    "INSERT INTO foundation_auditevent (table_name, row_id, operation, actor, request_id, trace_id, created_at)"
    " VALUES ('payments_refund', '1', 'UPDATE', 'staff:ada', '', '', now())",
    "DELETE FROM django_migrations",
    "INSERT INTO django_migrations (app, name, applied) VALUES ('ledger', '9999', now())",
    "SELECT setval('foundation_event_position_seq', 1)",
    "ALTER DEFAULT PRIVILEGES FOR ROLE CURRENT_ROLE GRANT ALL ON TABLES TO payments_app;"
    " UPDATE foundation_event SET type = 'x'",
    "GRANT ALL ON foundation_event TO payments_app; UPDATE foundation_event SET type = 'x'",
]


@pytest.fixture
def login(transactional_db: None) -> Iterator[psycopg.Connection[Any]]:
    """A connection that logged in as a member of the application's role, as in production: there is no way back
    to an owner."""
    name, password = f"login_{secrets.token_hex(6)}", secrets.token_hex(12)
    known = {"dbname": "NAME", "host": "HOST", "port": "PORT"}
    place = {key: connection.settings_dict[key_of] for key, key_of in known.items()}
    with as_owner() as cursor:
        cursor.execute(
            sql.SQL("CREATE ROLE {} LOGIN PASSWORD {} IN ROLE {}").format(
                sql.Identifier(name), sql.Literal(password), sql.Identifier(APP_ROLE)
            )
        )
    try:
        with psycopg.connect(**place, user=name, password=password, autocommit=True) as opened:
            yield opened
    finally:
        with as_owner() as cursor:
            cursor.execute(sql.SQL("DROP ROLE {}").format(sql.Identifier(name)))


def first_column(table: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum = 1", [table]
        )
        return str(cursor.fetchone()[0])


def contents() -> dict[str, tuple[int, str]]:
    """Every append-only table with its number of rows, and a digest of them and of what stands around them."""
    found = {}
    with connection.cursor() as cursor:
        for table in TABLES:
            cursor.execute(
                f"SELECT count(*), md5(coalesce(string_agg(row::text, ',' ORDER BY row::text), '') || ("
                f" SELECT string_agg(tgname::text || tgenabled::text, ',' ORDER BY tgname) FROM pg_trigger"
                f" WHERE tgrelid = '{table}'::regclass)) FROM {table} AS row"
            )
            found[table] = cursor.fetchone()
    return found


@pytest.mark.django_db
@pytest.mark.parametrize("table", TABLES)
def test_the_application_cannot_change_history(table: str) -> None:
    column = first_column(table)
    before = contents()

    for attempt in ATTEMPTS:
        statement = attempt.format(table=table, column=column)
        with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute(statement)

    assert contents() == before


@pytest.mark.django_db
@pytest.mark.parametrize("statement", WAYS_ROUND)
def test_there_is_no_way_round(statement: str) -> None:
    before = contents()

    with pytest.raises(ProgrammingError, match=r"permission denied|must be owner"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(statement)

    assert contents() == before


def test_a_login_of_the_application_cannot_become_the_owner(login: psycopg.Connection[Any]) -> None:
    owner = connection.settings_dict["USER"]

    for statement in (
        f"SET ROLE {owner}",
        f"SET SESSION AUTHORIZATION {owner}",
        f"GRANT {owner} TO CURRENT_USER",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            login.execute(statement)
    login.execute("SET ROLE NONE")
    login.execute(f"SET ROLE {APP_ROLE}")


def test_a_login_of_the_application_reads_and_adds_and_changes_no_history(
    login: psycopg.Connection[Any], merchant: Merchant
) -> None:
    business(merchant, "capture:1", "capture:2")
    seal_all()
    before = contents()
    assert before["ledger_posting"][0] == 4

    assert login.execute("SELECT count(*) FROM ledger_posting").fetchone() == (4,)
    for table in TABLES:
        for attempt in ATTEMPTS:
            with pytest.raises(psycopg.errors.InsufficientPrivilege), login.transaction():
                login.execute(attempt.format(table=table, column=first_column(table)))

    assert contents() == before
    login.execute(
        "INSERT INTO foundation_sealpage (seal_number, table_name, page, keys, hashes) VALUES (9, 't', 0, '', '')"
    )
    assert contents()["foundation_sealpage"][0] == before["foundation_sealpage"][0] + 1


@pytest.mark.django_db
def test_the_trigger_that_writes_evidence_cannot_be_tied_to_a_table_of_ones_own() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMP TABLE payments_refund (id text, merchant_id uuid, status text) ON COMMIT DROP"
        )

    with pytest.raises(ProgrammingError, match="permission denied for function"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE TRIGGER forge AFTER INSERT ON pg_temp.payments_refund FOR EACH ROW"
                " EXECUTE FUNCTION foundation_record_change('id', 'merchant_id', '{}', '{}')"
            )


@pytest.mark.django_db
def test_every_function_of_a_trigger_looks_at_the_real_tables_before_temporary_ones() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname FROM pg_proc WHERE pronamespace = 'public'::regnamespace"
            " AND (prorettype = 'trigger'::regtype OR prosecdef) AND NOT"
            " coalesce(proconfig @> ARRAY['search_path=pg_catalog, public, pg_temp'], false)"
        )

        assert cursor.fetchall() == []
