"""What callers feel when Redis hangs, breaks off or comes back."""

from __future__ import annotations

import socket
import threading
import time
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from foundation.resilience.rate_limits import allow
from foundation.resilience.redis_client import RedisDown, RedisScript, get_redis, outage

PING = RedisScript("return 'pong'")


@pytest.fixture
def frozen_redis(settings: Any) -> Iterator[None]:
    """A server that takes connections and never says a word, as a stopped process does."""
    listener = socket.create_server(("127.0.0.1", 0))
    held: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                held.append(listener.accept()[0])
            except OSError:
                return

    threading.Thread(target=accept, daemon=True).start()
    settings.REDIS_URL = f"redis://127.0.0.1:{listener.getsockname()[1]}/0"
    yield
    listener.close()
    for connection in held:
        connection.close()


@pytest.mark.usefixtures("frozen_redis")
def test_a_frozen_redis_costs_the_first_caller_a_moment_and_the_next_nothing() -> None:
    began = time.monotonic()
    first = allow("test-frozen", rate_per_second=1, burst=1)
    first_took = time.monotonic() - began

    began = time.monotonic()
    second = allow("test-frozen", rate_per_second=1, burst=1)
    second_took = time.monotonic() - began

    assert first.allowed
    assert second.allowed
    assert 0.15 < first_took < 0.6
    assert second_took < 0.05


def test_after_a_second_redis_is_asked_again(settings: Any) -> None:
    live = settings.REDIS_URL
    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    with pytest.raises(RedisDown):
        PING.run(keys=[], args=[])
    settings.REDIS_URL = live
    with pytest.raises(RedisDown, match="a moment ago"):
        PING.run(keys=[], args=[])

    time.sleep(1.05)

    assert PING.run(keys=[], args=[]) == "pong"
    assert not outage.is_fresh()


def test_a_connection_that_the_server_dropped_is_replaced_without_anybody_noticing(settings: Any) -> None:
    client = get_redis()
    assert PING.run(keys=[], args=[]) == "pong"
    own_id = client.client_id()
    other = type(client).from_url(settings.REDIS_URL)
    other.client_kill_filter(_id=own_id)
    other.close()

    assert PING.run(keys=[], args=[]) == "pong"


def test_an_error_inside_redis_counts_as_down_not_as_a_crash() -> None:
    key = f"payments:limit:test-{uuid.uuid4().hex}"
    get_redis().lpush(key, "not a number")

    decision = allow(key.removeprefix("payments:limit:"), rate_per_second=1, burst=1)

    get_redis().delete(key)
    assert decision.allowed
