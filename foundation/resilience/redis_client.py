"""The Redis connection of breakers, limits and bulkheads: it answers at once or counts as down.

What does not live here: the Celery broker's connections (payments_site/settings/celery.py). Nothing that must
last is kept in Redis: every caller of this module has an answer ready for RedisDown.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import redis
import structlog
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

from foundation.observability.metrics import FAILED_OPEN

CONNECT_TIMEOUT_SECONDS = 0.2
ANSWER_TIMEOUT_SECONDS = 0.2
# While Redis hangs, one caller a second finds out; the others do not wait for it.
REST_AFTER_FAILURE_SECONDS = 1.0
MAX_CONNECTIONS = 128
KEY_PREFIX = "payments:"

logger = structlog.get_logger(__name__)


class RedisDown(RuntimeError):
    """Redis did not answer in time, or did not a moment ago."""


class _Outage:
    """Whether this process lately saw Redis fail."""

    def __init__(self) -> None:
        self._until = 0.0
        self._lock = threading.Lock()

    def is_fresh(self) -> bool:
        return time.monotonic() < self._until

    def begin(self) -> None:
        with self._lock:
            self._until = time.monotonic() + REST_AFTER_FAILURE_SECONDS

    def end(self) -> None:
        self._until = 0.0


outage = _Outage()


def get_redis() -> redis.Redis:
    """The shared client of this process: short timeouts, text answers. Raises redis' own errors when used."""
    return _client_of(settings.REDIS_URL)


@lru_cache(maxsize=4)
def _client_of(url: str) -> redis.Redis:
    client: redis.Redis = redis.Redis.from_url(
        url,
        decode_responses=True,
        # RESP2 saves a handshake that version 3 makes on every new connection.
        protocol=2,
        socket_connect_timeout=CONNECT_TIMEOUT_SECONDS,
        socket_timeout=ANSWER_TIMEOUT_SECONDS,
        socket_keepalive=True,
        max_connections=MAX_CONNECTIONS,
        # One more try, on a fresh connection: after a restart of Redis the pooled ones are dead. Never after
        # a timeout, which would double the wait.
        retry=Retry(NoBackoff(), 1, supported_errors=(redis.ConnectionError,)),
    )
    return client


class RedisScript:
    """A Lua script, sent by its hash and in full only to a server that does not know it."""

    def __init__(self, source: str) -> None:
        self._source = source
        self._lock = threading.Lock()
        self._registered: dict[str, Any] = {}

    def run(self, *, keys: Sequence[str], args: Sequence[str | int | float]) -> Any:
        """One round trip. Raises RedisDown when none comes back in 0.2 s, or none did a second ago."""
        if outage.is_fresh():
            raise RedisDown("Redis failed a moment ago.")
        try:
            answer = self._script()(keys=list(keys), args=list(args))
        except (redis.ConnectionError, redis.TimeoutError, redis.exceptions.ReadOnlyError) as error:
            outage.begin()
            logger.warning("redis_down", error=type(error).__name__)
            raise RedisDown(str(error)) from error
        except redis.ResponseError as error:
            # Out of memory, loading its data, a failed-over replica: down for our purpose.
            outage.begin()
            logger.warning("redis_refused", error=type(error).__name__)
            raise RedisDown(str(error)) from error
        outage.end()
        return answer

    def _script(self) -> Any:
        url = settings.REDIS_URL
        found = self._registered.get(url)
        if found is None:
            with self._lock:
                found = self._registered.setdefault(url, get_redis().register_script(self._source))
        return found


def note_failed_open(safeguard: str) -> None:
    """Count a decision taken without Redis; the alarm hangs on this number."""
    FAILED_OPEN.labels(safeguard).inc()
