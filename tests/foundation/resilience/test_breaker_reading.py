"""Reading circuits: whether a call may leave now, without taking the probe, and many in one round trip."""

from __future__ import annotations

from typing import Any

import pytest

from foundation.resilience import breaker
from foundation.resilience.circuits import Switch
from foundation.resilience.redis_client import get_redis
from tests.foundation.resilience.test_breaker import ANSWERED, CLOSED, OPEN, InMemory, InRedis, opened


@pytest.fixture(params=[InRedis, InMemory])
def circuit(request: Any) -> Any:
    return request.param()


def test_a_reader_learns_whether_a_call_may_leave_without_taking_the_probe(circuit: Any) -> None:
    assert circuit.admits()
    opened(circuit)
    assert not circuit.admits()

    circuit.advance(31)

    assert circuit.admits()
    assert circuit.admits()
    probe = circuit.ask()
    assert probe.allowed
    assert not circuit.admits()
    circuit.record(ANSWERED, probe)
    assert circuit.admits()


@pytest.mark.parametrize(("to", "admits"), [(Switch.OPEN, False), (Switch.CLOSED, True)])
def test_a_reader_sees_what_a_person_decided(circuit: Any, to: Switch, admits: bool) -> None:
    opened(circuit)

    circuit.switch(to)

    assert circuit.admits() is admits


def test_many_circuits_are_read_in_the_order_asked_for() -> None:
    first, second = InRedis(), InRedis()
    opened(first)

    readings = breaker.read([second.circuit, first.circuit])

    assert [(reading.circuit, reading.state) for reading in readings] == [
        (second.circuit, CLOSED),
        (first.circuit, OPEN),
    ]
    assert breaker.read([]) == []
    get_redis().delete(first.key)
