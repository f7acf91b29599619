from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event as Flag
from threading import Thread
from urllib.parse import urlencode

import pytest
from django.conf import settings
from django.db import DataError, connection

from foundation.jobs.models import Job
from foundation.jobs.publishing import QUEUE_DEPTH_LIMIT, Publisher
from foundation.jobs.relay import Relay
from tests.factories.owner import TAKES_ROLE, as_owner
from tests.foundation.jobs.own_broker import OwnBroker

Stage = Callable[..., Job]
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[OwnBroker]:
    own = OwnBroker(tmp_path)
    own.start()
    yield own
    own.stop()


@pytest.fixture
def relay(broker: OwnBroker, db: None) -> Iterator[Relay]:
    publisher = Publisher(broker.url)
    yield Relay(readers=[], stop=Flag(), publisher=publisher)
    publisher.close()


@pytest.fixture(autouse=True)
def _jobs(register_job: Callable[..., None]) -> None:
    register_job("tests.plain", lambda *, card: None)
    register_job("tests.psp", lambda: None, queue="psp")


def wait_until(condition: Callable[[], bool], seconds: float = 10.0) -> float:
    """Seconds it took. Fails when it never came true."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "it did not happen in time"
        time.sleep(0.005)
    return time.monotonic() - began


def test_a_message_holds_the_jobs_id_and_nothing_of_its_arguments(
    stage: Stage, relay: Relay, broker: OwnBroker
) -> None:
    job = stage("tests.plain", args={"card": "tok_4711"})

    assert relay.turn() == 1

    (message,) = broker.messages("default")
    assert message["headers"]["task"] == "foundation.jobs.run"
    assert message["headers"]["id"] == str(job.id)
    assert message["body"][:2] == [[str(job.id)], {}]
    assert "tok_4711" not in str(message)
    assert Job.objects.get().status == "sent"


def test_each_job_goes_to_its_own_queue_in_one_turn(stage: Stage, relay: Relay, broker: OwnBroker) -> None:
    for _ in range(3):
        stage("tests.psp")
    stage("tests.plain", args={"card": ""})

    assert relay.turn() == 4
    assert relay.turn() == 0

    assert (len(broker.messages("psp")), len(broker.messages("default"))) == (3, 1)


def test_with_the_broker_down_rows_stay_ready_and_leave_when_it_is_back(
    stage: Stage, relay: Relay, broker: OwnBroker
) -> None:
    broker.stop()
    job = stage("tests.psp")

    assert relay.turn() == 0
    assert Job.objects.get().status == "ready"

    broker.start()
    wait_until(lambda: relay.turn() == 1)
    assert [message["headers"]["id"] for message in broker.messages("psp")] == [str(job.id)]


def test_a_broker_that_dies_between_two_turns_costs_no_job(
    stage: Stage, relay: Relay, broker: OwnBroker
) -> None:
    stage("tests.psp")
    relay.turn()
    broker.stop()
    second = stage("tests.psp")

    relay.turn()

    assert Job.objects.get(id=second.id).status == "ready"
    assert Job.objects.get(id=second.id).lease_until is None
    broker.start()
    wait_until(lambda: relay.turn() == 1)
    assert [message["headers"]["id"] for message in broker.messages("psp")] == [str(second.id)]


def test_with_the_broker_down_the_streams_are_still_read(broker: OwnBroker, db: None) -> None:
    broker.stop()
    turns: list[int] = []

    def read() -> int:
        turns.append(1)
        return 7

    relay = Relay(readers=[read], stop=Flag(), publisher=Publisher(broker.url))

    assert relay.turn() == 7
    assert relay.turn() == 7
    assert turns == [1, 1]


def test_a_stream_reader_that_fails_stops_neither_the_next_one_nor_the_jobs(
    stage: Stage, broker: OwnBroker
) -> None:
    stage("tests.psp")
    tries: list[int] = []

    def fail() -> int:
        tries.append(1)
        raise DataError("a poisoned event")

    relay = Relay(readers=[fail, lambda: 7], stop=Flag(), publisher=Publisher(broker.url))

    assert relay.turn() == 8
    assert relay.turn() == 7

    assert len(broker.messages("psp")) == 1
    # The second turn came within its rest.
    assert tries == [1]


def test_a_broker_that_is_full_gives_the_rows_back(stage: Stage, relay: Relay, broker: OwnBroker) -> None:
    relay.turn()
    broker.client.config_set("maxmemory", "1kb")
    stage("tests.psp")

    relay.turn()
    assert Job.objects.get().status == "ready"

    broker.client.config_set("maxmemory", "0")
    wait_until(lambda: relay.turn() == 1)
    assert Job.objects.get().status == "sent"


def test_a_broker_that_freezes_gives_the_rows_back_after_its_timeout(
    stage: Stage, relay: Relay, broker: OwnBroker
) -> None:
    relay.turn()
    stage("tests.psp")
    broker.freeze()

    relay.turn()
    assert Job.objects.get().status == "ready"

    broker.thaw()
    wait_until(lambda: relay.turn() == 1)
    assert Job.objects.get().status == "sent"


def test_a_long_queue_keeps_its_rows_in_postgresql_and_stops_no_other(
    stage: Stage, relay: Relay, broker: OwnBroker
) -> None:
    broker.client.lpush("psp", *(["wake-up"] * QUEUE_DEPTH_LIMIT))
    stage("tests.psp")
    stage("tests.plain", args={"card": ""})

    assert relay.turn() == 1

    assert dict(Job.objects.values_list("queue", "status")) == {"psp": "ready", "default": "sent"}


def test_a_poisoned_job_is_buried_not_published(stage: Stage, relay: Relay, broker: OwnBroker) -> None:
    stage("tests.psp")
    Job.objects.update(status="running", attempts=10, lease_until="2020-01-01T00:00:00Z")

    relay.turn()

    assert Job.objects.get().status == "dead"
    assert broker.messages("psp") == []


def test_five_hundred_jobs_a_second_are_published(stage: Stage, relay: Relay, broker: OwnBroker) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO foundation_job (id, name, queue, args, run_after, status, attempts, max_attempts,
                last_error, outcome, traceparent, trace_id, request_id, actor, created_at)
            SELECT uuidv7(), 'tests.psp', 'psp', '{}', now(), 'ready', 0, 10, '', '', '', '', '', '', now()
            FROM generate_series(1, 500)
            """
        )
    began = time.process_time()

    while relay.turn():
        pass

    # Processor time of this process: the neighbours on this machine do not count.
    assert time.process_time() - began < 1.0
    assert len(broker.messages("psp")) == 500


@pytest.mark.django_db(transaction=True)
def test_a_running_relay_outlives_a_cut_database_connection_and_stops_when_told(
    stage: Stage, broker: OwnBroker
) -> None:
    stop = Flag()
    backends: list[int] = []

    def remember_backend() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            backends.append(cursor.fetchone()[0])
        return 0

    running = Relay(readers=[remember_backend], stop=stop, publisher=Publisher(broker.url))
    thread = Thread(target=running.run)
    thread.start()
    try:
        wait_until(lambda: bool(backends))
        with as_owner() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [backends[0]])
        wait_until(lambda: backends[-1] != backends[0])
        stage("tests.psp")
        delay = wait_until(lambda: len(broker.messages("psp")) == 1)
    finally:
        stop.set()
        thread.join(5)

    assert not thread.is_alive()
    assert delay < 1.0


@pytest.mark.django_db(transaction=True)
def test_the_command_publishes_until_sigterm_and_leaves_cleanly(stage: Stage, broker: OwnBroker) -> None:
    database = settings.DATABASES["default"]
    url = f"postgres://{database['USER']}:{database['PASSWORD']}@{database['HOST']}:{database['PORT']}"
    url = f"{url}/{database['NAME']}?{urlencode({'options': TAKES_ROLE})}"
    environment = os.environ | {"DATABASE_URL": url, "DATABASE_OWNER_URL": "", "REDIS_URL": broker.url}
    process = subprocess.Popen([sys.executable, "manage.py", "run_relay"], cwd=ROOT, env=environment)
    try:
        job = stage("tests.psp")
        wait_until(lambda: len(broker.messages("psp")) == 1, seconds=30)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0
    finally:
        process.kill()

    assert broker.messages("psp")[0]["headers"]["id"] == str(job.id)
