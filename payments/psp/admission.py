"""Whether a call to a PSP may leave: the bulkhead, the account's calls per second, and the circuit breaker.

All three live in Redis and let calls pass while it is down (the breaker then decides per process). A refusal here is
certain: nothing has left. Where all turns are held by calls that hang, each caller who waited in vain counts as a call
without an answer, so that a busy circuit opens before their deadlines pass. What does not live here: what a refusal
means to the caller (guard.py).
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings

from foundation.resilience import breaker
from foundation.resilience.bulkhead import BulkheadFull, bulkhead
from foundation.resilience.circuits import CallResult, Circuit, CircuitState, Permit
from foundation.resilience.deadlines import Deadline
from foundation.resilience.rate_limits import allow
from payments.psp.port import Credentials

WAIT_SECONDS = 2
"""How long a call waits for its turn: less than the customer notices, far less than a promise grows old."""
LEASE_SECONDS = 30
"""Longer than a turn and a call can take together."""
STUCK_SECONDS = 4.0
"""When even the youngest of the calls that hold every turn is this old, the PSP seems to hang. One burst of slow calls
looks the same, so that it takes as many who see it as calls that time out; one answer ends the row."""

# Statuses that say no to us, whoever's payment it is.
REFUSES_US = frozenset({401, 403, 429})


class CallRefused(Exception):
    """Nothing has left. reason: breaker_open, bulkhead_full or rate_limited."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


def circuit_of(account_id: str, operation: str) -> Circuit:
    """account_id: the PSP account's public id."""
    return Circuit(account_id, operation)


@contextmanager
def admitted(credentials: Credentials, operation: str, *, waits: bool) -> Iterator[Permit]:
    """Hold a turn for the block; hand the permit to `teach` with how the call ended.

    waits: whether it is worth to wait for a turn. Raises CallRefused.
    """
    turn = Deadline.after(WAIT_SECONDS if waits else 0)
    try:
        with bulkhead(
            f"psp:{credentials.account_id}",
            limit=settings.PSP_CALLS_AT_ONCE,
            lease_seconds=LEASE_SECONDS,
            wait_seconds=turn.remaining_seconds,
        ):
            _spend_a_call(credentials, turn)
            # Asked last: the one probe of a half-open circuit must not get stuck at the other two.
            permit = breaker.ask(circuit_of(credentials.account_id, operation))
            if not permit.allowed:
                raise CallRefused("breaker_open")
            yield permit
    except BulkheadFull as full:
        if waits and full.held_seconds >= STUCK_SECONDS:
            _teach_stuck(credentials, operation)
        raise CallRefused("bulkhead_full") from None


def _spend_a_call(credentials: Credentials, turn: Deadline) -> None:
    rate = credentials.calls_per_second
    if not rate:
        return
    key = f"psp:{credentials.account_id}"
    while not (decision := allow(key, rate_per_second=rate, burst=rate)).allowed:
        if decision.retry_after_seconds > turn.remaining_seconds:
            raise CallRefused("rate_limited")
        time.sleep(decision.retry_after_seconds)


def teach(
    credentials: Credentials, operation: str, permit: Permit, *, word: str, http_status: int | None
) -> None:
    """Tell the circuit how a call ended. word: the outcome's."""
    result = result_of(word, http_status)
    if result is not None:
        breaker.record(circuit_of(credentials.account_id, operation), result, permit=permit)


def teach_failure(credentials: Credentials, operation: str, permit: Permit) -> None:
    """The connector itself broke down."""
    breaker.record(circuit_of(credentials.account_id, operation), CallResult.FAILED, permit=permit)


def _teach_stuck(credentials: Credentials, operation: str) -> None:
    circuit = circuit_of(credentials.account_id, operation)
    breaker.record(circuit, CallResult.STUCK, permit=Permit(False, CircuitState.CLOSED))


def result_of(word: str, http_status: int | None) -> CallResult | None:
    """What an outcome says of the PSP's health; None when the PSP was not asked at all. A decline is an answer."""
    if word == "declined" and http_status is None:
        # An amount that the PSP can not express: it never left.
        return None
    if not word.startswith(("unknown", "not_sent")):
        return CallResult.ANSWERED
    if http_status is None:
        return CallResult.UNANSWERED
    if http_status in REFUSES_US:
        return CallResult.FAILED
    # A 500, or an answer that can not be read, says as little as silence does.
    return CallResult.ANSWERED if 400 <= http_status < 500 else CallResult.UNANSWERED
