"""What a process must reach before it takes traffic: PostgreSQL, the broker, a schema as new as the code."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import redis
import structlog
from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor
from redis.backoff import NoBackoff
from redis.retry import Retry

from foundation.rights.separation import HistoryUnprotected

BROKER_TIMEOUT_SECONDS = 1.0

log = structlog.get_logger(__name__)


class NotReady(RuntimeError):
    """Why a check failed, in words that may be shown to anybody."""


def check_database() -> None:
    """Raises when PostgreSQL does not answer."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def check_broker() -> None:
    """Raises when the Celery broker does not answer."""
    _broker_client(settings.CELERY_BROKER_URL).ping()


def check_migrations() -> None:
    """Raises NotReady when the database lacks a migration that this code has."""
    if _schema_is_current():
        return
    executor = MigrationExecutor(connection)
    waiting = executor.migration_plan(executor.loader.graph.leaf_nodes())
    if waiting:
        raise NotReady(f"{len(waiting)} migrations are not applied")
    _remember_current_schema()


CHECKS: dict[str, Callable[[], None]] = {
    "database": check_database,
    "broker": check_broker,
    "migrations": check_migrations,
}


def run_checks() -> dict[str, str]:
    """Every check's verdict: `ok`, or what is wrong. Nothing internal: the page is open."""
    verdicts = {}
    for name, check in CHECKS.items():
        try:
            check()
            verdicts[name] = "ok"
        except (NotReady, HistoryUnprotected) as error:
            verdicts[name] = str(error)
        except Exception as error:
            log.warning("not_ready", process=name, error=type(error).__name__)
            verdicts[name] = "unavailable"
    return verdicts


# A schema once seen as current stays so while this code runs; reading the history costs 30 ms each time.
_known_current: set[str] = set()


def _schema_is_current() -> bool:
    return str(connection.settings_dict["NAME"]) in _known_current


def _remember_current_schema() -> None:
    _known_current.add(str(connection.settings_dict["NAME"]))


@lru_cache(maxsize=2)
def _broker_client(url: str) -> redis.Redis:
    client: redis.Redis = redis.Redis.from_url(
        url,
        socket_connect_timeout=BROKER_TIMEOUT_SECONDS,
        socket_timeout=BROKER_TIMEOUT_SECONDS,
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
    )
    return client
