"""What routing knows of the accounts' health: a quarter of a second old at most, and never behind its own process."""

from __future__ import annotations

from types import SimpleNamespace
from uuid import UUID

import pytest

from foundation import ids
from foundation.resilience import breaker
from foundation.resilience.circuits import CallResult, Switch
from foundation.resilience.redis_client import KEY_PREFIX, get_redis
from payments.psp.admission import circuit_of
from payments.psp.health import AccountHealth, read_health, recent_health

WELL = AccountHealth(True, "closed")


@pytest.fixture
def account() -> SimpleNamespace:
    made = SimpleNamespace(id=ids.new_id())
    yield made
    for key in get_redis().scan_iter(f"{KEY_PREFIX}*{public_id(made.id)}*"):
        get_redis().delete(key)


def public_id(account_id: UUID) -> str:
    return ids.encode_id("psp", account_id)


@pytest.mark.django_db
def test_a_circuit_that_this_process_sees_open_and_close_is_known_at_once(account: SimpleNamespace) -> None:
    circuit = circuit_of(public_id(account.id), "authorize")
    assert recent_health([account]) == {account.id: WELL}

    for _ in range(10):
        breaker.record(circuit, CallResult.UNANSWERED, permit=breaker.ask(circuit))
    assert recent_health([account]) == {account.id: AccountHealth(False, "open")}

    breaker.switch(circuit, Switch.AUTOMATIC)
    assert recent_health([account]) == {account.id: WELL}


def test_what_is_remembered_is_what_was_read(account: SimpleNamespace) -> None:
    other = SimpleNamespace(id=ids.new_id())

    first = recent_health([account])
    both = recent_health([account, other])

    assert first == {account.id: WELL}
    assert both == {account.id: WELL, other.id: WELL} == read_health([account, other])
