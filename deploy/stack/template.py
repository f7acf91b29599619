"""One migrated database that every worker of the test suite copies instead of migrating its own.

It is kept from run to run under the fingerprint of the migrations, so that only a changed migration builds it anew.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import psycopg
from psycopg import sql

from deploy.stack import servers
from deploy.stack.rundir import CHECKOUT

PREFIX = "payments_template_"
_BUILDING = f"{PREFIX}building"


def ensure_template(port: int, migrate: Callable[[str], None]) -> str:
    """The template's name; `migrate` is given the owner's URL of the database to migrate when it is to be built."""
    name = f"{PREFIX}{_fingerprint()}"
    with psycopg.connect(
        servers.postgres_url(port, "postgres"), autocommit=True, connect_timeout=5
    ) as connection:
        rows = connection.execute(
            "SELECT datname FROM pg_database WHERE starts_with(datname, %s)", [PREFIX]
        ).fetchall()
        earlier = {row[0] for row in rows} - {name}
        for database in earlier:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(database)))
        if (name,) in rows:
            return name
        servers.ensure_database(port, _BUILDING)
        migrate(servers.postgres_url(port, _BUILDING))
        # Under its own name only once it is whole.
        rename = sql.SQL("ALTER DATABASE {} RENAME TO {}")
        connection.execute(rename.format(sql.Identifier(_BUILDING), sql.Identifier(name)))
    return name


def _fingerprint() -> str:
    digest = hashlib.sha256((CHECKOUT / "requirements.txt").read_bytes())
    for file in sorted(CHECKOUT.glob("[!.]*/**/migrations/*.py")):
        digest.update(f"{file.relative_to(CHECKOUT)}\n".encode() + file.read_bytes())
    return digest.hexdigest()[:12]
