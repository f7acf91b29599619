"""Every table leaves the application the rights that its protection says, and every protection stands."""

from __future__ import annotations

import pytest
from django.apps import apps
from django.db import connection

from foundation.audit.protected_tables import append_only_tables, never_deleted_tables
from foundation.audit.protection import AppendOnly, NeverDeleted
from foundation.rights.granting import list_differences, list_standings
from foundation.rights.tables import APP_ROLE, APPEND, FREE, KEEP, ONLY_READ, READ, rights_on
from tests.factories.owner import as_owner

pytestmark = pytest.mark.django_db


def test_the_tests_work_as_the_application() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")

        assert cursor.fetchone() == (APP_ROLE,)


def test_the_rights_on_everything_are_what_the_protections_leave() -> None:
    standings = list_standings()

    assert [str(standing) for standing in list_differences()] == []
    tables = {standing.name for standing in standings if standing.kind == "TABLE"}
    assert {model._meta.db_table for model in apps.get_models()} <= tables


def test_every_protection_is_of_a_table_there_is() -> None:
    tables = {standing.name for standing in list_standings() if standing.kind == "TABLE"}

    assert sorted((append_only_tables() | never_deleted_tables() | set(ONLY_READ)) - tables) == []


@pytest.mark.parametrize(
    ("trigger", "registered"),
    [(AppendOnly.trigger, append_only_tables), (NeverDeleted.trigger, never_deleted_tables)],
    ids=["append-only", "never deleted"],
)
def test_the_triggers_in_the_database_are_those_of_the_migrations(trigger, registered) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = %s", [trigger])
        standing = {table for (table,) in cursor.fetchall()}

    assert standing == set(registered())


def test_a_protection_leaves_what_it_should() -> None:
    said = {
        "ledger_posting": APPEND,
        "payments_refund": KEEP,
        "foundation_job": FREE,
        "foundation_auditevent": READ,
        "django_migrations": READ,
    }

    assert {table: rights_on(table) for table in said} == said
    for rights in (READ, APPEND, KEEP, FREE):
        assert not rights & {"TRUNCATE", "TRIGGER", "REFERENCES", "MAINTAIN"}


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            f"GRANT UPDATE (amount_minor) ON ledger_posting TO {APP_ROLE}",
            "may UPDATE on table ledger_posting",
        ),
        ("GRANT DELETE ON payments_refund TO PUBLIC", "may DELETE on table payments_refund"),
        (f"GRANT TRUNCATE ON foundation_job TO {APP_ROLE}", "may TRUNCATE on table foundation_job"),
        (f"REVOKE INSERT ON foundation_event FROM {APP_ROLE}", "may not INSERT on table foundation_event"),
        (
            f"GRANT EXECUTE ON FUNCTION foundation_record_change() TO {APP_ROLE}",
            "may EXECUTE on definer foundation_record_change()",
        ),
        (f"GRANT CREATE ON SCHEMA public TO {APP_ROLE}", "may CREATE on schema public"),
        (
            f"GRANT UPDATE ON SEQUENCE foundation_event_position_seq TO {APP_ROLE}",
            "may UPDATE on sequence foundation_event_position_seq",
        ),
    ],
)
def test_a_right_granted_or_taken_by_hand_is_named(statement: str, said: str) -> None:
    with as_owner() as cursor:
        cursor.execute(statement)

    assert [str(standing) for standing in list_differences()] == [f"{APP_ROLE} {said}"]
