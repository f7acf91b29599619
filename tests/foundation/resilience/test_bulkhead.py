"""The bulkhead on a real Redis."""

from __future__ import annotations

import threading
import time
import uuid
from contextlib import ExitStack
from typing import Any

import pytest

from foundation.observability.metrics import FAILED_OPEN
from foundation.resilience.bulkhead import BulkheadFull, bulkhead
from foundation.resilience.redis_client import get_redis


@pytest.fixture
def name(redis_keys: Any) -> str:
    made = f"test-{uuid.uuid4().hex}"
    redis_keys(f"payments:bulkhead:{made}")
    return made


def test_the_call_beyond_the_limit_is_refused_and_a_freed_slot_is_taken_again(name: str) -> None:
    with bulkhead(name, limit=2, lease_seconds=30):
        with bulkhead(name, limit=2, lease_seconds=30):
            with pytest.raises(BulkheadFull), bulkhead(name, limit=2, lease_seconds=30):
                pytest.fail("a third call got in")
        with bulkhead(name, limit=2, lease_seconds=30):
            assert get_redis().zcard(f"payments:bulkhead:{name}") == 2

    assert get_redis().zcard(f"payments:bulkhead:{name}") == 0


def test_who_finds_no_slot_is_told_how_long_the_youngest_has_been_held(name: str) -> None:
    with (
        bulkhead(name, limit=2, lease_seconds=10),
        bulkhead(name, limit=2, lease_seconds=23),
        pytest.raises(BulkheadFull) as full,
        bulkhead(name, limit=2, lease_seconds=30),
    ):
        pytest.fail("a third call got in")

    # Seven of its thirty seconds are over.
    assert 7 <= full.value.held_seconds < 8


def test_a_call_that_raises_gives_its_slot_back(name: str) -> None:
    with pytest.raises(ZeroDivisionError), bulkhead(name, limit=1, lease_seconds=30):
        raise ZeroDivisionError

    with bulkhead(name, limit=1, lease_seconds=30):
        assert get_redis().zcard(f"payments:bulkhead:{name}") == 1


def test_the_slot_of_a_dead_process_comes_free_when_its_lease_ends(name: str) -> None:
    with ExitStack() as never_released:
        never_released.enter_context(bulkhead(name, limit=1, lease_seconds=0.05))
        with pytest.raises(BulkheadFull), bulkhead(name, limit=1, lease_seconds=30):
            pytest.fail("the leased slot was given twice")

        time.sleep(0.08)

        with bulkhead(name, limit=1, lease_seconds=30):
            assert get_redis().zcard(f"payments:bulkhead:{name}") == 1


def test_a_short_lease_does_not_shorten_a_longer_one(name: str) -> None:
    with bulkhead(name, limit=3, lease_seconds=30):
        with bulkhead(name, limit=3, lease_seconds=0.05):
            assert get_redis().pttl(f"payments:bulkhead:{name}") > 29_000


def test_thirty_threads_never_hold_more_than_four_slots(name: str) -> None:
    running, most, passed = [0], [0], [0]
    lock = threading.Lock()
    start = threading.Barrier(30)

    def call() -> None:
        start.wait()
        try:
            with bulkhead(name, limit=4, lease_seconds=30):
                with lock:
                    running[0] += 1
                    passed[0] += 1
                    most[0] = max(most[0], running[0])
                time.sleep(0.02)
                with lock:
                    running[0] -= 1
        except BulkheadFull:
            return

    threads = [threading.Thread(target=call) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert passed[0] >= 4
    assert most[0] <= 4


@pytest.mark.usefixtures("redis_is_down")
def test_without_redis_every_call_passes_and_it_is_counted() -> None:
    name = "test-down"
    before = FAILED_OPEN.labels("bulkhead")._value.get()

    with bulkhead(name, limit=1, lease_seconds=30), bulkhead(name, limit=1, lease_seconds=30):
        pass

    assert FAILED_OPEN.labels("bulkhead")._value.get() == before + 2
