"""The Lua of the circuit breaker. One hash per circuit; Redis' clock decides.

Fields: state, switch, unanswered (in a row), reopened, opened_at, probe, probe_until, c<bucket> and
e<bucket> (calls and errors of 30 seconds). The rules are those of circuits.LocalBreaker; one suite of tests
runs against both.
"""

from __future__ import annotations

from foundation.resilience.circuits import (
    BUCKET_SECONDS,
    COOL_DOWN_SECONDS,
    ERROR_SHARE_PERCENT,
    MAX_COOL_DOWN_SECONDS,
    MIN_CALLS,
    PROBE_LEASE_SECONDS,
    UNANSWERED_IN_A_ROW,
    WINDOW_SECONDS,
)
from foundation.resilience.redis_client import RedisScript

# An idle circuit is forgotten: closed is what an absent one is taken for.
FORGET_AFTER_SECONDS = 3_600

_TIME = """
local time = redis.call('TIME')
local now = tonumber(time[1]) + tonumber(time[2]) / 1000000
"""
# Of the circuit in the local `key`.
_FIELDS = f"""
local bucket = math.floor(now / {BUCKET_SECONDS})
local fields = redis.call('HGETALL', key)
local circuit = {{}}
for i = 1, #fields, 2 do circuit[fields[i]] = fields[i + 1] end
local state = circuit.state or 'closed'
local switch = circuit.switch or 'automatic'
local function totals()
    local calls, errors = 0, 0
    for b = bucket - {WINDOW_SECONDS // BUCKET_SECONDS} + 1, bucket do
        calls = calls + tonumber(circuit['c' .. b] or 0)
        errors = errors + tonumber(circuit['e' .. b] or 0)
    end
    return calls, errors
end
local function pause()
    return math.min({COOL_DOWN_SECONDS} * 2 ^ math.min(tonumber(circuit.reopened or 0), 10),
                    {MAX_COOL_DOWN_SECONDS})
end
local function keep()
    if switch ~= 'automatic' then return redis.call('PERSIST', key) end
    return redis.call('EXPIRE', key, {FORGET_AFTER_SECONDS})
end
"""
_READ_FIELDS = "local key = KEYS[1]" + _TIME + _FIELDS

# Answers {allowed, state before, state after, probe, switch}.
ASK = RedisScript(
    _READ_FIELDS
    + f"""
if switch ~= 'automatic' then return {{switch == 'closed' and 1 or 0, state, state, '', switch}} end
if state == 'closed' then return {{1, state, state, '', switch}} end
if state == 'open' and now < tonumber(circuit.opened_at) + pause() then
    return {{0, state, state, '', switch}}
end
if (circuit.probe or '') ~= '' and now < tonumber(circuit.probe_until) then
    return {{0, state, 'half_open', '', switch}}
end
local probe = redis.sha1hex(key .. time[1] .. ':' .. time[2])
redis.call('HSET', key, 'state', 'half_open', 'probe', probe,
           'probe_until', string.format('%.6f', now + {PROBE_LEASE_SECONDS}))
keep()
return {{1, state, 'half_open', probe, switch}}
"""
)

# ARGV: result, probe. Answers {state before, state after}.
RECORD = RedisScript(
    _READ_FIELDS
    + f"""
local result, probe = ARGV[1], ARGV[2]
local instant = string.format('%.6f', now)
if state ~= 'closed' then
    if probe == '' or probe ~= circuit.probe then return {{state, state}} end
    if result == 'answered' then
        redis.call('DEL', key)
        return {{state, 'closed'}}
    end
    redis.call('HSET', key, 'state', 'open', 'opened_at', instant, 'probe', '')
    redis.call('HINCRBY', key, 'reopened', 1)
    keep()
    return {{state, 'open'}}
end
circuit['c' .. bucket] = redis.call('HINCRBY', key, 'c' .. bucket, 1)
if result ~= 'answered' then circuit['e' .. bucket] = redis.call('HINCRBY', key, 'e' .. bucket, 1) end
local unanswered = 0
if result == 'unanswered' or result == 'stuck' then
    unanswered = redis.call('HINCRBY', key, 'unanswered', 1)
elseif circuit.unanswered then
    redis.call('HDEL', key, 'unanswered')
end
for name in pairs(circuit) do
    local b = tonumber(string.match(name, '^[ce](%d+)$'))
    if b and b <= bucket - {WINDOW_SECONDS // BUCKET_SECONDS} then redis.call('HDEL', key, name) end
end
keep()
local calls, errors = totals()
if switch == 'automatic' and (unanswered >= {UNANSWERED_IN_A_ROW}
        or (calls >= {MIN_CALLS} and errors * 100 >= {ERROR_SHARE_PERCENT} * calls)) then
    redis.call('HSET', key, 'state', 'open', 'opened_at', instant, 'reopened', 0, 'probe', '')
    return {{state, 'open'}}
end
return {{state, state}}
"""
)

# ARGV: the switch. Answers {state before, state after}.
SWITCH = RedisScript(
    _READ_FIELDS
    + """
redis.call('DEL', key)
if ARGV[1] == 'automatic' then return {state, 'closed'} end
redis.call('HSET', key, 'switch', ARGV[1], 'state', ARGV[1])
return {state, ARGV[1]}
"""
)

# Any number of circuits in one round trip. Answers for each {state, switch, calls, errors, unanswered in a row,
# whether a call may leave now}.
READ = RedisScript(
    _TIME
    + "local function read(key)"
    + _FIELDS
    + """
    local calls, errors = totals()
    local admits = state == 'closed'
        or (state == 'open' and now >= tonumber(circuit.opened_at or 0) + pause())
        or (state == 'half_open' and ((circuit.probe or '') == '' or now >= tonumber(circuit.probe_until)))
    if switch ~= 'automatic' then admits = switch == 'closed' end
    return {state, switch, calls, errors, tonumber(circuit.unanswered or 0), admits and 1 or 0}
end
local answers = {}
for i, key in ipairs(KEYS) do answers[i] = read(key) end
return answers
"""
)
