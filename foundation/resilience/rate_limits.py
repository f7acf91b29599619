"""Rate limits by GCRA: one number per key in Redis, one round trip per decision.

A key may spend `burst` at once and earns `rate_per_second` back; the number is the instant at which it will
have earned everything back. Redis' own clock decides, so hosts whose clocks differ share one limit.
What does not live here: money limits, which are PostgreSQL's under a lock; login lockout, which fails closed.

Source: https://en.wikipedia.org/wiki/Generic_cell_rate_algorithm, read 2026-11.
"""

from __future__ import annotations

from dataclasses import dataclass

from foundation.resilience.redis_client import KEY_PREFIX, RedisDown, RedisScript, note_failed_open

# In microseconds: whole numbers that a double holds exactly.
_GCRA = RedisScript("""
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local cost = tonumber(ARGV[1])
local burst = tonumber(ARGV[2])
local full_again = math.max(tonumber(redis.call('GET', KEYS[1]) or 0), now) + cost
local early = full_again - now - cost * burst
if early > 0 then
    return {0, 0, math.ceil(early)}
end
redis.call('SET', KEYS[1], string.format('%.0f', full_again), 'PX', math.ceil((full_again - now) / 1000) + 1)
return {1, math.floor(-early / cost), 0}
""")


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether a call may pass. remaining: calls that would pass right after it. limit: the burst."""

    allowed: bool
    remaining: int
    retry_after_seconds: float
    limit: int


def allow(key: str, *, rate_per_second: float, burst: int) -> Decision:
    """Spend one call of `key`, if it has one. Redis down: allowed, and counted as failed open.

    key: names whom and what, e.g. `api:<key id>:write`. rate_per_second and burst are above 0.
    """
    if rate_per_second <= 0 or burst < 1:
        raise ValueError(
            f"A limit of {rate_per_second} per second with a burst of {burst} lets nothing pass."
        )
    cost_micros = round(1_000_000 / rate_per_second)
    try:
        allowed, remaining, wait_micros = _GCRA.run(
            keys=[f"{KEY_PREFIX}limit:{key}"], args=[cost_micros, burst]
        )
    except RedisDown:
        note_failed_open("rate_limit")
        return Decision(allowed=True, remaining=burst, retry_after_seconds=0.0, limit=burst)
    return Decision(
        allowed=bool(allowed),
        remaining=int(remaining),
        retry_after_seconds=wait_micros / 1_000_000,
        limit=burst,
    )
