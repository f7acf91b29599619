"""The circuit breaker of a (PSP account, operation): shared by all processes through Redis, in Lua.

Opens at 100 calls or more of which 35 % or more failed within 5 minutes, and at 10 in a row that no usable answer
came to; a caller who finds every turn held by a call that hangs counts as one of them. After a pause (30 s, doubling
to 5 min while probes fail) it is half open: one caller at a time, who holds the leased probe, may try; an answer closes
the circuit, a failure opens it again. A person may switch it either way.

What does not live here: the rules in Python (circuits.py), which decide per process while Redis is down.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable

import structlog

from foundation.observability.metrics import BREAKER_CHANGES, BREAKER_OPEN
from foundation.resilience.breaker_scripts import ASK, READ, RECORD, SWITCH
from foundation.resilience.circuits import (
    CallResult,
    Change,
    Circuit,
    CircuitState,
    LocalBreaker,
    Permit,
    Reading,
    Switch,
)
from foundation.resilience.redis_client import KEY_PREFIX, RedisDown, note_failed_open

__all__ = [
    "CallResult",
    "Change",
    "Circuit",
    "CircuitState",
    "Permit",
    "Reading",
    "Switch",
    "ask",
    "on_change",
    "read",
    "record",
    "switch",
]

MAX_LOCAL_CIRCUITS = 10_000
_GAUGE = {CircuitState.CLOSED: 0.0, CircuitState.HALF_OPEN: 0.5, CircuitState.OPEN: 1.0}

logger = structlog.get_logger(__name__)

_listeners: list[Callable[[Change], None]] = []
_local: dict[Circuit, LocalBreaker] = {}
_local_lock = threading.Lock()


def ask(circuit: Circuit) -> Permit:
    """Whether a call may leave now. Hand the permit to record() afterwards: a probe has to report."""
    try:
        allowed, before, after, probe, switched = ASK.run(keys=[_key(circuit)], args=[])
    except RedisDown:
        note_failed_open("breaker")
        with _local_lock:
            breaker = _local_breaker(circuit)
            was = breaker.state
            permit = breaker.ask()
        _announce(circuit, was, permit.state)
        return permit
    _remember_switch(circuit, Switch(switched))
    permit = Permit(bool(allowed), CircuitState(after), probe)
    _announce(circuit, CircuitState(before), permit.state)
    return permit


def record(circuit: Circuit, result: CallResult, *, permit: Permit) -> None:
    """Teach the circuit how the call of `permit` ended. A decline is ANSWERED."""
    try:
        before, after = RECORD.run(keys=[_key(circuit)], args=[result.value, permit.probe])
    except RedisDown:
        note_failed_open("breaker")
        with _local_lock:
            breaker = _local_breaker(circuit)
            was = breaker.state
            breaker.record(result, permit.probe)
            is_now = breaker.state
        _announce(circuit, was, is_now)
        return
    _announce(circuit, CircuitState(before), CircuitState(after))


def switch(circuit: Circuit, to: Switch) -> None:
    """A person's decision: OPEN refuses every call, CLOSED lets all pass, AUTOMATIC begins afresh, closed.

    Raises RedisDown: a switch that reached one process only would deceive whoever pressed it.
    """
    before, after = SWITCH.run(keys=[_key(circuit)], args=[to.value])
    _remember_switch(circuit, to)
    logger.warning(
        "breaker_switched", psp_account=circuit.subject, operation=circuit.operation, state=to.value
    )
    _announce(circuit, CircuitState(before), CircuitState(after))


def read(circuits: Iterable[Circuit]) -> list[Reading]:
    """The circuits as they stand, in the order given, in one round trip. Redis down: as this process sees them."""
    asked = list(circuits)
    if not asked:
        return []
    try:
        answers = READ.run(keys=[_key(circuit) for circuit in asked], args=[])
    except RedisDown:
        with _local_lock:
            return [_read_local(circuit) for circuit in asked]
    return [
        Reading(
            circuit,
            CircuitState(state),
            Switch(switched),
            int(calls),
            int(errors),
            int(unanswered),
            bool(admits),
        )
        for circuit, (state, switched, calls, errors, unanswered, admits) in zip(asked, answers, strict=True)
    ]


def _read_local(circuit: Circuit) -> Reading:
    breaker = _local_breaker(circuit)
    calls, errors = breaker.totals(breaker.clock())
    return Reading(
        circuit,
        breaker.state,
        breaker.switch,
        calls,
        errors,
        breaker.unanswered_in_a_row,
        breaker.admits(),
    )


def on_change(listener: Callable[[Change], None]) -> None:
    """Call `listener` for every change of state, in the process that brought it about, once per change.

    Registered from AppConfig.ready. A listener runs outside any lock; what it raises is logged and swallowed.
    """
    if listener not in _listeners:
        _listeners.append(listener)


def _announce(circuit: Circuit, before: CircuitState, after: CircuitState) -> None:
    if before is after:
        return
    BREAKER_CHANGES.labels(circuit.subject, circuit.operation, after.value).inc()
    BREAKER_OPEN.labels(circuit.subject, circuit.operation).set(_GAUGE[after])
    logger.warning(
        "breaker_changed",
        psp_account=circuit.subject,
        operation=circuit.operation,
        state=after.value,
        previous_state=before.value,
    )
    for listener in _listeners:
        try:
            listener(Change(circuit, before, after))
        except Exception:
            logger.exception("breaker_listener_failed", psp_account=circuit.subject)


def _remember_switch(circuit: Circuit, switched: Switch) -> None:
    # What a person switched off stays off in this process when Redis goes down a moment later.
    known = _local.get(circuit)
    if switched is (known.switch if known else Switch.AUTOMATIC):
        return
    with _local_lock:
        _local_breaker(circuit).set_switch(switched)


def _local_breaker(circuit: Circuit) -> LocalBreaker:
    found = _local.get(circuit)
    if found is None:
        if len(_local) >= MAX_LOCAL_CIRCUITS:
            _local.clear()
        found = _local[circuit] = LocalBreaker(clock=time.monotonic)
    return found


def _key(circuit: Circuit) -> str:
    return f"{KEY_PREFIX}breaker:{circuit.subject}:{circuit.operation}"
