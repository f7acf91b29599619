"""Whether this process is connected as somebody who may rewrite append-only tables, and what follows.

In production it may not work at all: a process that could take back history proves nothing by not doing so. It is
looked at on the first connection, whatever the process is: at its start the database may be away. In development
it is said, by `migrate` and by `check --database default`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, Warning, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DEFAULT_DB_ALIAS, OperationalError, connection
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from foundation.audit.protection import AppendOnly
from foundation.rights.owner import AS_OWNER
from foundation.rights.tables import APP_ROLE

# By their triggers, so that no migration is read when a process starts; verify_audit compares those two.
# session_user beside current_user: a role that was taken can be laid down again by one statement.
_POWERS = """
SELECT session_user, current_user, count(*), coalesce(bool_or(by_login), false), coalesce(bool_or(by_role), false)
FROM (
    SELECT pg_has_role(session_user, relowner, 'MEMBER')
            OR has_table_privilege(session_user, pg_class.oid, 'UPDATE,DELETE,TRUNCATE,TRIGGER') AS by_login,
        pg_has_role(current_user, relowner, 'MEMBER')
            OR has_table_privilege(current_user, pg_class.oid, 'UPDATE,DELETE,TRUNCATE,TRIGGER') AS by_role
    FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
    WHERE tgname = %s AND relnamespace = current_schema()::regnamespace
) AS append_only
"""


class HistoryUnprotected(ImproperlyConfigured):
    """The login of this process may change, delete or disown append-only rows. The message may be shown to anybody."""


@dataclass(frozen=True, slots=True)
class Powers:
    """login, role: who connected, and as whom it works. tables: how many append-only ones there are yet. by_login,
    by_role: whether either may rewrite one of them."""

    login: str
    role: str
    tables: int
    by_login: bool
    by_role: bool


def find_powers() -> Powers:
    with connection.cursor() as cursor:
        cursor.execute(_POWERS, [AppendOnly.trigger])
        return Powers(*cursor.fetchone())


_looked_at: set[str] = set()


def refuse_powerful_login(*, connection: BaseDatabaseWrapper, **_: Any) -> None:
    """On the first connection of a process where settings.DATABASE_ROLE_ENFORCED: raises HistoryUnprotected, and
    leaves no connection behind."""
    is_meant = AS_OWNER in connection.settings_dict
    if not settings.DATABASE_ROLE_ENFORCED or is_meant or connection.alias in _looked_at:
        return
    powers = find_powers()
    if powers.by_login:
        connection.close()
        raise HistoryUnprotected("The application's database login may rewrite append-only tables.")
    if powers.tables:
        _looked_at.add(connection.alias)


def check_separation(
    app_configs: Any = None, databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """The system check, for `check --database default`; `migrate` says the same at its end."""
    if DEFAULT_DB_ALIAS not in (databases or ()) or AS_OWNER in connection.settings_dict:
        return []
    hint = f"Let DATABASE_URL name a login that is in the role {APP_ROLE}, and DATABASE_OWNER_URL the owner."
    try:
        powers = find_powers()
    except HistoryUnprotected as error:
        return [Error(str(error), hint=hint, id="foundation.E001")]
    except OperationalError:
        said = "Whether the database roles are separated is not known: the application could not connect."
        return [Warning(said, hint=hint, id="foundation.W002")]
    if not powers.by_role:
        return []
    said = f"the application works as {powers.role}, which may rewrite append-only tables."
    return [Warning(f"The separation of database roles is off: {said}", hint=hint, id="foundation.W001")]


def watch_connections() -> None:
    """Called once, from AppConfig.ready."""
    connection_created.connect(refuse_powerful_login, dispatch_uid="foundation.rights")
    register(check_separation, Tags.database)
