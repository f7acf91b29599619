"""The words of the circuit breaker and its rules as a pure state machine: what a process falls back on when
Redis is down, and the specification that the Lua of breaker.py is tested against. Free of Django and Redis.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

WINDOW_SECONDS = 300
BUCKET_SECONDS = 30
MIN_CALLS = 100
ERROR_SHARE_PERCENT = 35
UNANSWERED_IN_A_ROW = 10
COOL_DOWN_SECONDS = 30
MAX_COOL_DOWN_SECONDS = 300
# Longer than any call to a PSP may take, so that two probes never overlap.
PROBE_LEASE_SECONDS = 20


class Circuit(NamedTuple):
    """One breaker: a PSP account (its id) and an operation (`authorize`, `refund` …)."""

    subject: str
    operation: str


class CircuitState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


class Switch(StrEnum):
    """What a person decided; AUTOMATIC leaves it to the breaker."""

    AUTOMATIC = "automatic"
    OPEN = "open"
    CLOSED = "closed"


class CallResult(StrEnum):
    """How a call ended for the breaker. A decline is an ANSWERED: the PSP works. FAILED: it answered, but not to us
    (a key it does not know, a pace it does not like). UNANSWERED: nothing usable came, be it silence or a 500.
    STUCK: no call could be made, since all that are under way hang: it counts as one more without an answer."""

    ANSWERED = "answered"
    FAILED = "failed"
    UNANSWERED = "unanswered"
    STUCK = "stuck"


class Permit(NamedTuple):
    """Whether the call may leave. probe: set when this call is the one that tests a half-open circuit."""

    allowed: bool
    state: CircuitState
    probe: str = ""


class Change(NamedTuple):
    """One circuit went from one state to another."""

    circuit: Circuit
    before: CircuitState
    after: CircuitState


@dataclass(frozen=True, slots=True)
class Reading:
    """A circuit as it stands. calls and errors: of the last 5 minutes. admits: whether a call may leave now, be it
    the probe of an open circuit whose pause is over."""

    circuit: Circuit
    state: CircuitState
    switch: Switch
    calls: int
    errors: int
    unanswered_in_a_row: int
    admits: bool


@dataclass(slots=True)
class LocalBreaker:
    """One circuit in the memory of this process. Not thread-safe: its owner locks."""

    clock: Callable[[], float]
    state: CircuitState = CircuitState.CLOSED
    switch: Switch = Switch.AUTOMATIC
    unanswered_in_a_row: int = 0
    reopened: int = 0
    opened_at: float = 0.0
    probe: str = ""
    probe_until: float = 0.0
    buckets: dict[int, tuple[int, int]] = field(default_factory=dict)

    def ask(self) -> Permit:
        now = self.clock()
        if self.switch is not Switch.AUTOMATIC:
            return Permit(self.switch is Switch.CLOSED, self.state)
        if self.state is CircuitState.CLOSED:
            return Permit(True, self.state)
        may_probe = self.admits()
        if self.state is CircuitState.OPEN and not may_probe:
            return Permit(False, self.state)
        self.state = CircuitState.HALF_OPEN
        if not may_probe:
            return Permit(False, self.state)
        self.probe = uuid.uuid4().hex
        self.probe_until = now + PROBE_LEASE_SECONDS
        return Permit(True, self.state, self.probe)

    def admits(self) -> bool:
        """Whether ask() would let a call pass now; asking here takes no probe."""
        now = self.clock()
        if self.switch is not Switch.AUTOMATIC:
            return self.switch is Switch.CLOSED
        if self.state is CircuitState.OPEN:
            return now >= self.opened_at + self.cool_down_seconds()
        return self.state is CircuitState.CLOSED or not self.probe or now >= self.probe_until

    def record(self, result: CallResult, probe: str = "") -> None:
        now = self.clock()
        if self.state is not CircuitState.CLOSED:
            # Late answers to calls from before the circuit opened prove nothing about now.
            if probe and probe == self.probe:
                self._conclude_probe(result, now)
            return
        self._count(result, now)
        calls, errors = self.totals(now)
        is_failing = calls >= MIN_CALLS and errors * 100 >= ERROR_SHARE_PERCENT * calls
        if self.switch is Switch.AUTOMATIC and (
            is_failing or self.unanswered_in_a_row >= UNANSWERED_IN_A_ROW
        ):
            self.state = CircuitState.OPEN
            self.opened_at = now
            self.reopened = 0
            self.probe = ""

    def set_switch(self, to: Switch) -> None:
        self.switch = to
        self.state = CircuitState.OPEN if to is Switch.OPEN else CircuitState.CLOSED
        self.buckets.clear()
        self.probe = ""
        self.unanswered_in_a_row = self.reopened = 0

    def totals(self, now: float) -> tuple[int, int]:
        """Calls and errors of the window."""
        oldest = int(now // BUCKET_SECONDS) - WINDOW_SECONDS // BUCKET_SECONDS
        for bucket in [bucket for bucket in self.buckets if bucket <= oldest]:
            del self.buckets[bucket]
        return sum(calls for calls, _ in self.buckets.values()), sum(
            errors for _, errors in self.buckets.values()
        )

    def cool_down_seconds(self) -> int:
        return min(COOL_DOWN_SECONDS << min(self.reopened, 10), MAX_COOL_DOWN_SECONDS)

    def _conclude_probe(self, result: CallResult, now: float) -> None:
        self.probe = ""
        if result is CallResult.ANSWERED:
            self.state = CircuitState.CLOSED
            self.buckets.clear()
            self.unanswered_in_a_row = self.reopened = 0
            return
        self.state = CircuitState.OPEN
        self.opened_at = now
        self.reopened += 1

    def _count(self, result: CallResult, now: float) -> None:
        bucket = int(now // BUCKET_SECONDS)
        calls, errors = self.buckets.get(bucket, (0, 0))
        self.buckets[bucket] = (calls + 1, errors + (result is not CallResult.ANSWERED))
        is_unanswered = result in (CallResult.UNANSWERED, CallResult.STUCK)
        self.unanswered_in_a_row = self.unanswered_in_a_row + 1 if is_unanswered else 0
