"""Whether a PSP account can take a charge now, as routing asks it: one round trip for any number of accounts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol
from uuid import UUID

from foundation import ids
from foundation.resilience import breaker
from foundation.resilience.circuits import CircuitState, Switch
from payments.psp.admission import circuit_of

ACCOUNT_PREFIX = "psp"


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


def _reason(reading: breaker.Reading) -> str:
    if reading.switch is not Switch.AUTOMATIC:
        return "forced_open" if reading.switch is Switch.OPEN else "forced_closed"
    if reading.state is CircuitState.CLOSED:
        return "closed"
    return "probing" if reading.admits else "open"
