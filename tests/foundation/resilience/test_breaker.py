"""The circuit breaker: one set of rules, checked against Redis' Lua and against the fallback in memory."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Iterator
from typing import Any

import pytest

from foundation.resilience import breaker
from foundation.resilience.circuits import (
    BUCKET_SECONDS,
    CallResult,
    Change,
    Circuit,
    CircuitState,
    LocalBreaker,
    Permit,
    Switch,
)
from foundation.resilience.redis_client import KEY_PREFIX, RedisDown, get_redis

ANSWERED, FAILED, UNANSWERED = CallResult.ANSWERED, CallResult.FAILED, CallResult.UNANSWERED
CLOSED, OPEN, HALF_OPEN = CircuitState.CLOSED, CircuitState.OPEN, CircuitState.HALF_OPEN


class InRedis:
    """The shared breaker. Time passes by moving what is stored into the past: Redis has its own clock."""

    def __init__(self) -> None:
        self.circuit = Circuit(f"test-{uuid.uuid4().hex}", "authorize")
        self.key = f"{KEY_PREFIX}breaker:{self.circuit.subject}:authorize"

    def ask(self) -> Permit:
        return breaker.ask(self.circuit)

    def record(self, result: CallResult, permit: Permit) -> None:
        breaker.record(self.circuit, result, permit=permit)

    def switch(self, to: Switch) -> None:
        breaker.switch(self.circuit, to)

    def totals(self) -> tuple[int, int]:
        reading = breaker.read([self.circuit])[0]
        return reading.calls, reading.errors

    def admits(self) -> bool:
        return breaker.read([self.circuit])[0].admits

    def advance(self, seconds: int) -> None:
        client = get_redis()
        fields: dict[str, str] = client.hgetall(self.key)
        moved: dict[str, str] = {}
        for name, value in fields.items():
            if name in ("opened_at", "probe_until"):
                value = str(float(value) - seconds)
            if name[0] in "ce" and name[1:].isdigit():
                name = f"{name[0]}{int(name[1:]) - seconds // BUCKET_SECONDS}"
            moved[name] = value
        client.delete(self.key)
        if moved:
            client.hset(self.key, mapping=moved)


class InMemory:
    """The fallback of one process, on a stopped clock."""

    def __init__(self) -> None:
        self.now = 1_000_000.0
        self.local = LocalBreaker(clock=lambda: self.now)

    def ask(self) -> Permit:
        return self.local.ask()

    def record(self, result: CallResult, permit: Permit) -> None:
        self.local.record(result, permit.probe)

    def switch(self, to: Switch) -> None:
        self.local.set_switch(to)

    def totals(self) -> tuple[int, int]:
        return self.local.totals(self.now)

    def admits(self) -> bool:
        return self.local.admits()

    def advance(self, seconds: int) -> None:
        self.now += seconds


@pytest.fixture(params=[InRedis, InMemory])
def circuit(request: Any) -> Iterator[Any]:
    made = request.param()
    yield made
    if isinstance(made, InRedis):
        get_redis().delete(made.key)


def calls(circuit: Any, result: CallResult, times: int) -> None:
    for _ in range(times):
        circuit.record(result, circuit.ask())


def opened(circuit: Any) -> Any:
    calls(circuit, UNANSWERED, 10)
    assert circuit.ask() == Permit(False, OPEN)
    return circuit


def test_an_unknown_circuit_is_closed(circuit: Any) -> None:
    assert circuit.ask() == Permit(True, CLOSED)


def test_the_tenth_call_in_a_row_without_an_answer_opens_it_and_the_ninth_does_not(circuit: Any) -> None:
    calls(circuit, UNANSWERED, 9)
    assert circuit.ask().allowed

    calls(circuit, UNANSWERED, 1)

    assert circuit.ask() == Permit(False, OPEN)


@pytest.mark.parametrize("between", [ANSWERED, FAILED])
def test_any_answer_in_between_starts_their_count_anew(circuit: Any, between: CallResult) -> None:
    calls(circuit, UNANSWERED, 9)
    calls(circuit, between, 1)
    calls(circuit, UNANSWERED, 9)

    assert circuit.ask().allowed


def test_callers_who_find_all_the_others_hanging_count_as_calls_without_an_answer(circuit: Any) -> None:
    calls(circuit, UNANSWERED, 3)
    calls(circuit, CallResult.STUCK, 6)

    assert circuit.ask().allowed
    calls(circuit, CallResult.STUCK, 1)
    assert circuit.ask() == Permit(False, OPEN)


def test_one_answer_ends_the_row_of_those_who_found_no_turn(circuit: Any) -> None:
    calls(circuit, CallResult.STUCK, 9)
    calls(circuit, ANSWERED, 1)
    calls(circuit, CallResult.STUCK, 9)

    assert circuit.ask().allowed


def test_what_a_person_forced_closed_stays_closed_though_calls_hang(circuit: Any) -> None:
    circuit.switch(Switch.CLOSED)

    calls(circuit, CallResult.STUCK, 10)

    assert circuit.ask() == Permit(True, CLOSED)


def test_thirty_five_errors_in_a_hundred_open_it(circuit: Any) -> None:
    calls(circuit, ANSWERED, 65)
    calls(circuit, FAILED, 34)
    assert circuit.ask().allowed

    calls(circuit, FAILED, 1)

    assert circuit.totals() == (100, 35)
    assert circuit.ask() == Permit(False, OPEN)


def test_thirty_four_errors_in_a_hundred_leave_it_closed(circuit: Any) -> None:
    calls(circuit, FAILED, 34)
    calls(circuit, ANSWERED, 66)

    assert circuit.totals() == (100, 34)
    assert circuit.ask().allowed


def test_errors_alone_never_open_it_below_a_hundred_calls(circuit: Any) -> None:
    calls(circuit, FAILED, 99)

    assert circuit.ask().allowed


def test_calls_older_than_five_minutes_do_not_count(circuit: Any) -> None:
    calls(circuit, FAILED, 99)
    circuit.advance(300)

    calls(circuit, FAILED, 1)

    assert circuit.totals() == (1, 1)
    assert circuit.ask().allowed


def test_calls_of_the_last_four_and_a_half_minutes_do_count(circuit: Any) -> None:
    calls(circuit, FAILED, 99)
    circuit.advance(270)

    calls(circuit, FAILED, 1)

    assert circuit.ask() == Permit(False, OPEN)


def test_after_thirty_seconds_one_probe_may_pass_and_only_one(circuit: Any) -> None:
    opened(circuit)
    circuit.advance(31)

    probe = circuit.ask()

    assert probe.allowed
    assert probe.state is HALF_OPEN
    assert probe.probe
    assert circuit.ask() == Permit(False, HALF_OPEN)


def test_an_answered_probe_closes_it_with_a_clean_slate(circuit: Any) -> None:
    opened(circuit)
    circuit.advance(31)

    circuit.record(ANSWERED, circuit.ask())

    assert circuit.totals() == (0, 0)
    calls(circuit, UNANSWERED, 9)
    assert circuit.ask() == Permit(True, CLOSED)


def test_failed_probes_double_the_pause_up_to_five_minutes(circuit: Any) -> None:
    opened(circuit)
    for pause in (30, 60, 120, 240, 300, 300):
        circuit.advance(pause - 5)
        assert circuit.ask() == Permit(False, OPEN)
        circuit.advance(10)
        probe = circuit.ask()
        assert probe.allowed, pause
        circuit.record(FAILED, probe)


def test_a_probe_that_never_reports_gives_way_after_its_lease(circuit: Any) -> None:
    opened(circuit)
    circuit.advance(31)
    lost = circuit.ask()
    circuit.advance(19)
    assert not circuit.ask().allowed

    circuit.advance(2)
    second = circuit.ask()

    assert second.allowed
    assert second.probe != lost.probe
    circuit.record(FAILED, lost)
    circuit.record(ANSWERED, second)
    assert circuit.ask() == Permit(True, CLOSED)


def test_late_answers_from_before_it_opened_do_not_close_it(circuit: Any) -> None:
    before = circuit.ask()
    opened(circuit)

    circuit.record(ANSWERED, before)

    assert circuit.ask() == Permit(False, OPEN)


def test_a_person_can_force_it_open_closed_and_back(circuit: Any) -> None:
    circuit.switch(Switch.OPEN)
    assert circuit.ask() == Permit(False, OPEN)
    circuit.advance(600)
    assert circuit.ask() == Permit(False, OPEN)

    circuit.switch(Switch.CLOSED)
    calls(circuit, UNANSWERED, 20)
    assert circuit.ask() == Permit(True, CLOSED)

    circuit.switch(Switch.AUTOMATIC)
    assert circuit.totals() == (0, 0)
    calls(circuit, UNANSWERED, 10)
    assert circuit.ask() == Permit(False, OPEN)


def test_sixteen_callers_at_once_get_one_probe() -> None:
    circuit = opened(InRedis())
    circuit.advance(31)
    start = threading.Barrier(16)
    permits: list[Permit] = []

    def ask() -> None:
        start.wait()
        permits.append(circuit.ask())

    threads = [threading.Thread(target=ask) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    get_redis().delete(circuit.key)
    assert len(permits) == 16
    assert sum(permit.allowed for permit in permits) == 1


def test_each_change_is_told_once_with_what_it_was_and_is() -> None:
    circuit = InRedis()
    told: list[Change] = []
    breaker.on_change(told.append)

    opened(circuit)
    circuit.advance(31)
    circuit.record(ANSWERED, circuit.ask())

    breaker._listeners.remove(told.append)
    get_redis().delete(circuit.key)
    assert told == [
        Change(circuit.circuit, CLOSED, OPEN),
        Change(circuit.circuit, OPEN, HALF_OPEN),
        Change(circuit.circuit, HALF_OPEN, CLOSED),
    ]


def test_a_listener_that_raises_disturbs_no_call() -> None:
    circuit = InRedis()

    def explode(change: Change) -> None:
        raise ZeroDivisionError

    breaker.on_change(explode)
    opened(circuit)

    breaker._listeners.remove(explode)
    get_redis().delete(circuit.key)


def test_one_operation_opening_leaves_another_and_another_account_closed() -> None:
    first, same_account, other = InRedis(), InRedis(), InRedis()
    same_account.circuit = Circuit(first.circuit.subject, "refund")

    opened(first)

    assert same_account.ask().allowed
    assert other.ask().allowed
    get_redis().delete(first.key)


def test_reading_shows_state_switch_and_numbers() -> None:
    circuit = InRedis()
    calls(circuit, ANSWERED, 3)
    calls(circuit, UNANSWERED, 2)

    reading = breaker.read([circuit.circuit])[0]

    get_redis().delete(circuit.key)
    assert reading == breaker.Reading(circuit.circuit, CLOSED, Switch.AUTOMATIC, 5, 2, 2, True)


def test_an_idle_circuit_is_forgotten_within_the_hour_but_a_switch_is_kept() -> None:
    circuit = InRedis()
    calls(circuit, FAILED, 1)
    assert 3_590 <= get_redis().ttl(circuit.key) <= 3_600

    circuit.switch(Switch.OPEN)

    assert get_redis().ttl(circuit.key) == -1
    get_redis().delete(circuit.key)


@pytest.mark.usefixtures("redis_is_down")
def test_without_redis_the_process_decides_alone_by_the_same_rules() -> None:
    circuit = InRedis()

    calls(circuit, UNANSWERED, 9)
    assert circuit.ask().allowed
    calls(circuit, UNANSWERED, 1)

    assert circuit.ask() == Permit(False, OPEN)
    assert breaker.read([circuit.circuit])[0].state is OPEN


def test_what_a_person_switched_off_stays_off_when_redis_goes_down(settings: Any) -> None:
    circuit = InRedis()
    circuit.switch(Switch.OPEN)
    live = settings.REDIS_URL

    settings.REDIS_URL = "redis://127.0.0.1:9/0"
    assert circuit.ask() == Permit(False, OPEN)

    settings.REDIS_URL = live
    get_redis().delete(circuit.key)


@pytest.mark.usefixtures("redis_is_down")
def test_a_switch_that_cannot_reach_everybody_is_refused() -> None:
    with pytest.raises(RedisDown):
        InRedis().switch(Switch.OPEN)
