"""Being the owner of the tables for a while: for migrations, and for nothing that a request or a job does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection

# A key of the connection's settings that Django does not know: who is meant to own the tables is not refused.
AS_OWNER = "AS_OWNER"


@contextmanager
def connected_as_owner() -> Iterator[None]:
    """The default connection logs in as the owner inside, and as the application again behind it."""
    if connection.in_atomic_block:
        raise RuntimeError("A transaction is open; it cannot change its user.")
    named = connection.settings_dict
    was_owner = AS_OWNER in named
    application = {key: named[key] for key in settings.DATABASE_OWNER}
    connection.close()
    named.update(settings.DATABASE_OWNER, **{AS_OWNER: True})
    try:
        yield
    finally:
        connection.close()
        named.update(application)
        if not was_owner:
            del named[AS_OWNER]
