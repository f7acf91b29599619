"""Who the stack is to the database: the owner migrates, and everything else is the application, which owns nothing.

foundation/rights of the product grants the application its rights; here it only gets its login.
"""

from __future__ import annotations

from urllib.parse import quote, urlsplit, urlunsplit

import psycopg
from psycopg import sql

OWNER = "postgres"
APPLICATION = "payments_app"

# Who may make tables works as their owner, unless it takes the role, which `migrate` makes when it is missing.
_MAY_SEPARATE = """
SELECT has_schema_privilege(current_schema(), 'CREATE') AND (rolsuper OR coalesce((
    SELECT pg_has_role(current_user, application.oid, 'SET') FROM pg_roles AS application
    WHERE application.rolname = %s
), rolcreaterole))
FROM pg_roles WHERE rolname = current_user
"""


def ensure_login(owner: psycopg.Connection) -> None:
    """Let the application log in to our own server."""
    found = owner.execute("SELECT rolcanlogin FROM pg_roles WHERE rolname = %s", [APPLICATION]).fetchone()
    if found is None or not found[0]:
        verb = "CREATE" if found is None else "ALTER"
        owner.execute(sql.SQL(f"{verb} ROLE {{}} LOGIN").format(sql.Identifier(APPLICATION)))


def find_separated_url(url: str) -> str | None:
    """For a server on which one user does everything: the URL under which that user works as the application.

    None when that user makes no tables, or may not take the role. It works once the database is migrated.
    """
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            row = connection.execute(_MAY_SEPARATE, [APPLICATION]).fetchone()
    except psycopg.Error:
        return None
    return _taking_role(url) if row is not None and row[0] else None


def _taking_role(url: str) -> str:
    parts = urlsplit(url)
    option = f"options={quote(f'-c role={APPLICATION}')}"
    return urlunsplit(parts._replace(query=f"{parts.query}&{option}" if parts.query else option))
