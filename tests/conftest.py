"""What every test needs: a database that its owner made and in which all work as the application, and emptying it
after tests that commit, past the rights and the triggers that refuse.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from django.core.cache import cache
from django.db import connection
from django.db.backends.postgresql.operations import DatabaseOperations
from hypothesis import HealthCheck, settings

from foundation.ids import new_id
from payments.psp.sandbox.sandbox import Sandbox
from tests.factories.owner import TAKES_ROLE
from tests.factories.scripted_psp import ScriptedPsp, running_sandbox

# How fast examples are made is no matter of a test: a busy machine must not turn one red.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

_execute_sql_flush = DatabaseOperations.execute_sql_flush


def _flush_past_the_triggers(operations: DatabaseOperations, sql_list: Iterable[str]) -> None:
    # Nobody but the owner may TRUNCATE, and append-only tables refuse even that, unless the session is a replica's.
    before = ["SET ROLE NONE", "SET session_replication_role = replica"]
    _execute_sql_flush(
        operations, [*before, *sql_list, "SET session_replication_role = origin", "RESET ROLE"]
    )


DatabaseOperations.execute_sql_flush = _flush_past_the_triggers


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    """Once the owner has made and migrated the database, every connection to it takes the application's role."""
    owners = connection.settings_dict["OPTIONS"]
    connection.close()
    connection.settings_dict["OPTIONS"] = owners | {"options": f"{owners['options']} {TAKES_ROLE}"}
    yield
    connection.close()
    connection.settings_dict["OPTIONS"] = owners


@pytest.fixture(autouse=True)
def _limits_count_anew() -> None:
    """Thirty log-ins a minute from one address are a person's limit, not the suite's."""
    cache.clear()


@pytest.fixture(scope="session")
def sandbox() -> Iterator[Sandbox]:
    """One sandbox process-wide; every test has an account of its own there."""
    with running_sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def psp(sandbox: Sandbox) -> Iterator[ScriptedPsp]:
    scripted = ScriptedPsp(sandbox, key=f"sk_test_{new_id().hex}")
    yield scripted
    scripted.heals()


@pytest.fixture
def shop(db: None, psp: ScriptedPsp) -> Any:
    """A merchant at the scripted PSP; for tests that commit, take `transactional_db` before it."""
    from tests.factories.shop import open_shop

    return open_shop(psp)
