"""Who may rewrite history is told so in development, and may not work in production."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.core.management.base import SystemCheckError
from django.db import connection, transaction
from django.test import Client

from foundation.rights import separation
from foundation.rights.owner import connected_as_owner
from foundation.rights.separation import HistoryUnprotected, check_separation, find_powers
from foundation.rights.tables import APP_ROLE
from tests.factories.owner import TAKES_ROLE

pytestmark = pytest.mark.django_db(transaction=True)

REFUSAL = "The application's database login may rewrite append-only tables."


@pytest.fixture
def reconnected() -> Iterator[Any]:
    """reconnected(option="…"): the next statement opens a connection of these options."""
    before = connection.settings_dict["OPTIONS"]

    def reconnect(option: str = TAKES_ROLE) -> None:
        connection.close()
        separation._looked_at.clear()
        session = before["options"].replace(TAKES_ROLE, option)
        connection.settings_dict["OPTIONS"] = before | {"options": session}

    yield reconnect
    connection.close()
    separation._looked_at.clear()
    connection.settings_dict["OPTIONS"] = before


def test_a_role_that_was_taken_is_without_power_and_its_login_is_not() -> None:
    powers = find_powers()

    assert (powers.login, powers.role) == (connection.settings_dict["USER"], APP_ROLE)
    assert (powers.by_login, powers.by_role) == (True, False)
    assert powers.tables > 10


def test_development_under_the_role_is_in_order() -> None:
    assert check_separation(databases=["default"]) == []
    assert check_separation(databases=None) == []


def test_development_as_the_owner_is_told_so(reconnected: Any) -> None:
    reconnected("")

    (message,) = check_separation(databases=["default"])

    assert message.id == "foundation.W001"
    assert message.msg == (
        "The separation of database roles is off: the application works as"
        f" {connection.settings_dict['USER']}, which may rewrite append-only tables."
    )
    with pytest.raises(SystemCheckError, match=r"foundation\.W001"):
        call_command("check", databases=["default"], fail_level="WARNING")


@pytest.mark.parametrize("option", ["", TAKES_ROLE], ids=["as the owner", "as one who can lay the role down"])
def test_production_refuses_every_statement_of_a_powerful_login(
    settings: Any, reconnected: Any, option: str
) -> None:
    settings.DATABASE_ROLE_ENFORCED = True
    reconnected(option)

    for _ in range(2):
        with pytest.raises(HistoryUnprotected), connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        assert connection.connection is None
    (message,) = check_separation(databases=["default"])

    assert (message.id, message.msg) == ("foundation.E001", REFUSAL)


def test_production_says_in_readyz_why_it_is_not_ready(settings: Any, reconnected: Any) -> None:
    settings.DATABASE_ROLE_ENFORCED = True
    reconnected()

    answer = Client().get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["checks"]["database"] == REFUSAL


def test_production_migrates_as_the_owner(settings: Any, reconnected: Any) -> None:
    settings.DATABASE_ROLE_ENFORCED = True
    reconnected()

    with connected_as_owner(), connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)

    with pytest.raises(HistoryUnprotected):
        connection.ensure_connection()


def test_migrate_by_somebody_who_owns_nothing_is_refused_with_a_sentence(settings: Any) -> None:
    settings.DATABASE_OWNER = {}

    with pytest.raises(CommandError, match="may not create tables: set DATABASE_OWNER_URL"):
        call_command("migrate", verbosity=0)


def test_the_owner_is_not_entered_inside_a_transaction() -> None:
    with (
        transaction.atomic(),
        pytest.raises(RuntimeError, match="A transaction is open"),
        connected_as_owner(),
    ):
        pass
