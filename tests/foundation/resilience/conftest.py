"""Real Redis; every test leaves it without keys of ours."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from foundation.resilience import breaker
from foundation.resilience.redis_client import get_redis, outage

# Nobody listens on the discard port.
DEAD_REDIS = "redis://127.0.0.1:9/0"


@pytest.fixture(autouse=True)
def _clean_redis() -> Iterator[None]:
    outage.end()
    yield
    outage.end()
    breaker._local.clear()


@pytest.fixture
def redis_keys() -> Iterator[Any]:
    """Removes the keys whose pattern a test hands in, also when the test fails."""
    patterns: list[str] = []
    yield patterns.append
    client = get_redis()
    for pattern in patterns:
        for key in client.scan_iter(pattern):
            client.delete(key)


@pytest.fixture
def redis_is_down(settings: Any) -> None:
    settings.REDIS_URL = DEAD_REDIS
