"""Rights are granted from the protections, by every migrate, to what there is and what comes."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import ProgrammingError, connection, transaction

from foundation.rights import granting
from foundation.rights.granting import RightsNotGranted, grant_rights, list_differences
from foundation.rights.tables import APP_ROLE
from tests.factories.owner import as_owner

pytestmark = pytest.mark.django_db


def test_rights_that_were_changed_by_hand_are_put_right() -> None:
    with as_owner() as cursor:
        cursor.execute(f"GRANT ALL ON ledger_posting, foundation_seal TO {APP_ROLE}")
        cursor.execute(f"GRANT UPDATE (data) ON foundation_event TO {APP_ROLE}")
        cursor.execute("GRANT DELETE ON payments_refund TO PUBLIC")
        cursor.execute(f"REVOKE ALL ON foundation_job FROM {APP_ROLE}")
        cursor.execute("GRANT EXECUTE ON FUNCTION foundation_record_change() TO PUBLIC")
        assert len(list_differences()) == 6

        grant_rights()

    assert list_differences() == []


def test_nothing_is_granted_where_all_is_right(django_assert_max_num_queries: Any) -> None:
    with as_owner(), django_assert_max_num_queries(6) as captured:
        grant_rights()

    assert not any(query["sql"].startswith("REVOKE") for query in captured.captured_queries)


def test_a_new_table_is_born_with_reading_and_adding_alone() -> None:
    with as_owner() as cursor:
        cursor.execute("CREATE TABLE newborn (n int)")
        cursor.execute("CREATE SEQUENCE newborn_numbers")

    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO newborn VALUES (nextval('newborn_numbers')) RETURNING n")
        assert cursor.fetchone() == (1,)
        for statement in ("UPDATE newborn SET n = 2", "DELETE FROM newborn", "TRUNCATE newborn"):
            with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
                cursor.execute(statement)
    assert [(one.name, one.has) for one in list_differences()] == [
        ("newborn", frozenset({"SELECT", "INSERT"}))
    ]


def test_a_view_is_read_and_not_written_through_whoever_owns_it() -> None:
    with as_owner() as cursor:
        cursor.execute("CREATE VIEW window_on_postings AS SELECT * FROM ledger_posting")
        grant_rights()

    with pytest.raises(ProgrammingError, match="permission denied"), transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("UPDATE window_on_postings SET line = line")


def test_a_table_of_somebody_else_is_left_alone() -> None:
    with as_owner() as cursor:
        cursor.execute("CREATE ROLE neighbour_of_a_test; CREATE TABLE theirs (n int)")
        cursor.execute(f"REVOKE ALL ON theirs FROM {APP_ROLE}; GRANT SELECT ON theirs TO PUBLIC")
        cursor.execute("ALTER TABLE theirs OWNER TO neighbour_of_a_test")

        grant_rights()

        cursor.execute("SELECT has_table_privilege('public', 'theirs', 'SELECT')")
        assert cursor.fetchone() == (True,)


def test_a_check_that_comes_without_a_path_of_its_own_is_given_one() -> None:
    with as_owner() as cursor:
        cursor.execute("CREATE FUNCTION late() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'")

        grant_rights()

        cursor.execute("SELECT proconfig FROM pg_proc WHERE proname = 'late'")
        assert cursor.fetchone() == (["search_path=pg_catalog, public, pg_temp"],)


def test_a_role_that_is_a_member_of_the_owner_is_named_and_not_passed_over() -> None:
    with as_owner() as cursor:
        cursor.execute("SELECT session_user")
        cursor.execute(f'GRANT "{cursor.fetchone()[0]}" TO {APP_ROLE}')

        with pytest.raises(RightsNotGranted, match=f"{APP_ROLE} may CREATE on database"):
            grant_rights()


def test_a_missing_role_is_made_without_a_login(monkeypatch: pytest.MonkeyPatch) -> None:
    sql = granting._MAKE_ROLE.replace(APP_ROLE, "payments_app_of_a_test")

    with as_owner() as cursor:
        cursor.execute(sql)
        cursor.execute(sql)

        cursor.execute(
            "SELECT rolcanlogin, rolsuper, rolcreaterole, rolcreatedb, rolbypassrls, rolreplication FROM pg_roles"
            " WHERE rolname = 'payments_app_of_a_test'"
        )
        assert cursor.fetchone() == (False,) * 6
