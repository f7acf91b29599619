"""A bulkhead: how many calls to one outside party run at once, so that a slow one cannot take every worker.

A slot is leased: that of a killed process comes free when its lease ends. Redis down: all pass, counted.
"""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager

from foundation.resilience.redis_client import KEY_PREFIX, RedisDown, RedisScript, note_failed_open

# Answers 0 when a slot was taken, else for how many milliseconds at least all have been held, and 1.
_TAKE = RedisScript("""
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local lease = tonumber(ARGV[2])
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now)
if redis.call('ZCARD', KEYS[1]) >= tonumber(ARGV[1]) then
    local youngest = redis.call('ZRANGE', KEYS[1], -1, -1, 'WITHSCORES')
    return math.max(0, now + lease - tonumber(youngest[2])) + 1
end
redis.call('ZADD', KEYS[1], now + lease, ARGV[3])
-- Never sooner than an earlier slot with a longer lease.
if redis.call('PTTL', KEYS[1]) < lease then
    redis.call('PEXPIRE', KEYS[1], lease)
end
return 0
""")
_GIVE_BACK = RedisScript("return redis.call('ZREM', KEYS[1], ARGV[1])")


LOOK_AGAIN_SECONDS = 0.05
"""The longest pause between two looks for a free slot; jittered, so that a crowd does not look all at once."""


class BulkheadFull(RuntimeError):
    """Every slot is taken: try later. Nothing was sent. held_seconds: how long the youngest holder has had its slot."""

    def __init__(self, text: str, held_seconds: float = 0.0) -> None:
        super().__init__(text)
        self.held_seconds = held_seconds


@contextmanager
def bulkhead(name: str, *, limit: int, lease_seconds: float, wait_seconds: float = 0.0) -> Iterator[None]:
    """Hold one of `limit` slots of `name` for the block.

    lease_seconds: longer than the block can take, and the same for all who share a name. wait_seconds: how long to wait
    for a slot; none is kept for who waits longest. Raises BulkheadFull when there was none in that time.
    """
    key = f"{KEY_PREFIX}bulkhead:{name}"
    token = uuid.uuid4().hex
    give_up_at = time.monotonic() + wait_seconds
    try:
        while held_ms := _TAKE.run(keys=[key], args=[limit, round(lease_seconds * 1_000), token]):
            if time.monotonic() >= give_up_at:
                raise BulkheadFull(f"All {limit} slots of {name} are taken.", held_ms / 1_000)
            time.sleep(random.uniform(LOOK_AGAIN_SECONDS / 5, LOOK_AGAIN_SECONDS))
    except RedisDown:
        note_failed_open("bulkhead")
        yield
        return
    try:
        yield
    finally:
        try:
            _GIVE_BACK.run(keys=[key], args=[token])
        except RedisDown:
            # The lease gives it back.
            note_failed_open("bulkhead")
