"""Whether a PSP account can take a charge now, as routing asks it: one round trip for any number of accounts."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from foundation import ids
from foundation.resilience import breaker
from foundation.resilience.circuits import CircuitState, Switch
from payments.psp.admission import circuit_of

ACCOUNT_PREFIX = "psp"
RECENT_MS = 250
"""For so long a process trusts what it read: the guard asks again before a call leaves, whatever routing thought."""
MOST_KEPT = 10_000


class Account(Protocol):
    """A PSP account, as far as its health goes."""

    @property
    def id(self) -> UUID: ...


@dataclass(frozen=True, slots=True)
class AccountHealth:
    """reason: one stable word: closed, probing, open, forced_open, forced_closed."""

    is_available: bool
    reason: str


def read_health(accounts: Iterable[Account], *, operation: str = "authorize") -> dict[UUID, AccountHealth]:
    """By account id. An open circuit whose pause is over is available: without a call it would never be probed.

    Redis down: as this process sees it. Raises nothing."""
    ids_asked = [account.id for account in accounts]
    readings = breaker.read(
        circuit_of(ids.encode_id(ACCOUNT_PREFIX, account_id), operation) for account_id in ids_asked
    )
    return {
        account_id: AccountHealth(reading.admits, _reason(reading))
        for account_id, reading in zip(ids_asked, readings, strict=True)
    }


_NEVER: tuple[int, None] = (0, None)
_recent: dict[UUID, tuple[int, AccountHealth | None]] = {}


def recent_health(accounts: Iterable[Account]) -> dict[UUID, AccountHealth]:
    """As read_health for charges, at most RECENT_MS old: what a busy process asks Redis a few times a second, and
    not once for each payment."""
    now_ms = time.monotonic_ns() // 1_000_000
    found: dict[UUID, AccountHealth] = {}
    missing = []
    for account in accounts:
        until_ms, health = _recent.get(account.id, _NEVER)
        if health is not None and until_ms > now_ms:
            found[account.id] = health
        else:
            missing.append(account)
    if missing:
        read = read_health(missing)
        if len(_recent) > MOST_KEPT:
            _recent.clear()
        _recent.update({account_id: (now_ms + RECENT_MS, health) for account_id, health in read.items()})
        found |= read
    return found


def forget_recent(_: breaker.Change) -> None:
    """What this process saw change is known at once."""
    _recent.clear()


def _reason(reading: breaker.Reading) -> str:
    if reading.switch is not Switch.AUTOMATIC:
        return "forced_open" if reading.switch is Switch.OPEN else "forced_closed"
    if reading.state is CircuitState.CLOSED:
        return "closed"
    return "probing" if reading.admits else "open"
