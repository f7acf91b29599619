"""GCRA on a real Redis."""

from __future__ import annotations

import threading
import time
import uuid
from typing import Any

import pytest

from foundation.observability.metrics import FAILED_OPEN
from foundation.resilience.rate_limits import Decision, allow
from foundation.resilience.redis_client import get_redis


@pytest.fixture
def key(redis_keys: Any) -> str:
    name = f"test-{uuid.uuid4().hex}"
    redis_keys(f"payments:limit:{name}*")
    return name


def test_a_burst_passes_and_the_next_call_is_told_how_long_to_wait(key: str) -> None:
    decisions = [allow(key, rate_per_second=1, burst=5) for _ in range(6)]

    assert [decision.allowed for decision in decisions] == [True] * 5 + [False]
    assert [decision.remaining for decision in decisions] == [4, 3, 2, 1, 0, 0]
    assert 0.5 < decisions[5].retry_after_seconds <= 1.0
    assert {decision.limit for decision in decisions} == {5}


def test_after_the_wait_it_was_told_a_caller_passes(key: str) -> None:
    for _ in range(2):
        allow(key, rate_per_second=20, burst=2)
    refused = allow(key, rate_per_second=20, burst=2)

    time.sleep(refused.retry_after_seconds + 0.005)

    assert not refused.allowed
    assert allow(key, rate_per_second=20, burst=2).allowed


def test_a_refused_call_costs_nothing(key: str) -> None:
    for _ in range(2):
        allow(key, rate_per_second=1, burst=2)
    first = allow(key, rate_per_second=1, burst=2)
    for _ in range(20):
        allow(key, rate_per_second=1, burst=2)

    assert allow(key, rate_per_second=1, burst=2).retry_after_seconds <= first.retry_after_seconds


def test_keys_do_not_share_their_allowance(key: str) -> None:
    allow(f"{key}:a", rate_per_second=1, burst=1)

    assert not allow(f"{key}:a", rate_per_second=1, burst=1).allowed
    assert allow(f"{key}:b", rate_per_second=1, burst=1).allowed


def test_forty_callers_at_once_get_exactly_the_burst(key: str) -> None:
    start = threading.Barrier(40)
    decisions: list[Decision] = []

    def call() -> None:
        start.wait()
        decisions.append(allow(key, rate_per_second=0.01, burst=25))

    threads = [threading.Thread(target=call) for _ in range(40)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(decisions) == 40
    assert sum(decision.allowed for decision in decisions) == 25


def test_a_key_leaves_redis_when_its_allowance_is_full_again(key: str) -> None:
    allow(key, rate_per_second=10, burst=5)

    assert 50 <= get_redis().pttl(f"payments:limit:{key}") <= 102


def test_a_server_that_lost_its_scripts_is_taught_again(key: str) -> None:
    allow(key, rate_per_second=1, burst=5)
    get_redis().script_flush()

    assert allow(key, rate_per_second=1, burst=5).remaining == 3


@pytest.mark.usefixtures("redis_is_down")
def test_without_redis_everybody_passes_and_it_is_counted() -> None:
    key = "test-down"
    before = FAILED_OPEN.labels("rate_limit")._value.get()

    decisions = [allow(key, rate_per_second=1, burst=1) for _ in range(3)]

    assert decisions == [Decision(allowed=True, remaining=1, retry_after_seconds=0.0, limit=1)] * 3
    assert FAILED_OPEN.labels("rate_limit")._value.get() == before + 3


@pytest.mark.parametrize(("rate", "burst"), [(0, 1), (-1, 5), (1, 0)])
def test_a_limit_that_lets_nothing_pass_is_a_mistake(rate: float, burst: int) -> None:
    with pytest.raises(ValueError, match="lets nothing pass"):
        allow("any", rate_per_second=rate, burst=burst)
