"""Two logins of one database: the application's, which owns nothing, and the owner's, which migrates.

DATABASE_URL is the application's. DATABASE_OWNER_URL is optional: without it, `migrate` connects as the
application does, which works where one user does everything and is told so (foundation/rights).
"""

from __future__ import annotations

from typing import Any

import environ
from django.core.exceptions import ImproperlyConfigured

env = environ.Env()

LOCK_TIMEOUT_MS = env.int("LOCK_TIMEOUT_MS", default=2_000)
STATEMENT_TIMEOUT_MS = env.int("STATEMENT_TIMEOUT_MS", default=5_000)
IDLE_IN_TRANSACTION_TIMEOUT_MS = env.int("IDLE_IN_TRANSACTION_TIMEOUT_MS", default=10_000)

_SESSION = (
    f"-c lock_timeout={LOCK_TIMEOUT_MS} -c statement_timeout={STATEMENT_TIMEOUT_MS}"
    f" -c idle_in_transaction_session_timeout={IDLE_IN_TRANSACTION_TIMEOUT_MS}"
)


def _connection(named: dict[str, Any]) -> dict[str, Any]:
    """The connection of a URL with our limits; what the URL says of it (sslmode, a role to take) stays."""
    said = named.get("OPTIONS", {})
    session = f"{_SESSION} {said.get('options', '')}".rstrip()
    return named | {"OPTIONS": {**said, "connect_timeout": 3, "options": session}}


def _owner() -> dict[str, Any]:
    """How the owner logs in; empty when nobody is named."""
    if not env.str("DATABASE_OWNER_URL", default=""):
        return {}
    named = _connection(env.db_url("DATABASE_OWNER_URL"))
    if named["NAME"] != DATABASES["default"]["NAME"]:
        raise ImproperlyConfigured("DATABASE_URL and DATABASE_OWNER_URL must name the same database.")
    return {key: named[key] for key in ("HOST", "PORT", "USER", "PASSWORD", "OPTIONS")}


DATABASES: dict[str, dict[str, Any]] = {
    "default": _connection(env.db_url("DATABASE_URL"))
    | {
        "ATOMIC_REQUESTS": False,
        "CONN_HEALTH_CHECKS": True,
        "CONN_MAX_AGE": env.int("CONN_MAX_AGE", default=60),
    }
}
DATABASE_OWNER = _owner()

# True: a process that is connected as somebody who may rewrite append-only tables refuses to work.
DATABASE_ROLE_ENFORCED = False
