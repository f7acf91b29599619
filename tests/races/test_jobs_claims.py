"""Relays, workers and beats at the same moment: each job is sent to one, run by one, staged once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from threading import Lock
from uuid import UUID

import pytest
from django.db import transaction

from foundation.jobs import registry
from foundation.jobs.beat import BeatEntry, stage_ticks
from foundation.jobs.claiming import SentJob, claim_to_run, claim_to_send
from foundation.jobs.models import Job
from foundation.jobs.registry import QUEUES, job
from foundation.jobs.running import run_job
from foundation.jobs.staging import NewJob, stage_job, stage_jobs
from tests.races.together import together

pytestmark = pytest.mark.django_db(transaction=True)

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)


@pytest.fixture
def runs() -> Iterator[list[int]]:
    """A job `tests.race` that notes each of its runs here."""
    noted: list[int] = []
    lock = Lock()

    def race(*, number: int) -> None:
        with lock:
            noted.append(number)

    job("tests.race")(race)
    yield noted
    del registry._registered["tests.race"]


def stage(count: int) -> None:
    with transaction.atomic():
        stage_jobs([NewJob("tests.race", {"number": number}) for number in range(count)])


def test_six_relays_share_four_hundred_jobs_without_sending_one_twice(runs: list[int]) -> None:
    stage(400)

    def relay() -> list[UUID]:
        mine: list[SentJob] = []
        while batch := claim_to_send(queues=QUEUES, limit=7):
            mine += batch
        return [sent.id for sent in mine]

    shares = together([relay] * 6)

    sent = [job_id for share in shares for job_id in share]
    assert len(sent) == 400
    assert len(set(sent)) == 400


def test_six_relays_send_a_lapsed_job_again_once(runs: list[int]) -> None:
    stage(1)
    claim_to_send(queues=QUEUES, limit=1)
    Job.objects.update(lease_until=datetime.now(UTC) - timedelta(seconds=1))

    shares = together([partial(claim_to_send, queues=QUEUES, limit=10)] * 6)

    assert sorted(len(share) for share in shares) == [0, 0, 0, 0, 0, 1]


def test_a_message_delivered_to_eight_workers_at_once_is_run_by_one(runs: list[int]) -> None:
    stage(1)
    (sent,) = claim_to_send(queues=QUEUES, limit=1)

    together([partial(run_job, sent.id)] * 8)

    assert runs == [0]
    row = Job.objects.get()
    assert (row.status, row.attempts) == ("done", 1)


def test_a_worker_that_dies_with_the_job_is_followed_by_exactly_one_other(runs: list[int]) -> None:
    stage(1)
    (sent,) = claim_to_send(queues=QUEUES, limit=1)
    claim_to_run(sent.id)
    Job.objects.update(lease_until=datetime.now(UTC) - timedelta(seconds=1))

    def take_over() -> None:
        for again in claim_to_send(queues=QUEUES, limit=1):
            run_job(again.id)

    together([take_over] * 5)

    assert runs == [0]
    assert Job.objects.get().attempts == 2


def test_one_dedupe_key_staged_by_eight_at_once_is_one_job(runs: list[int]) -> None:
    def stage_once(number: int) -> None:
        with transaction.atomic():
            stage_job("tests.race", {"number": number}, dedupe_key="only-one")

    answers = together([partial(stage_once, number) for number in range(8)])

    assert answers == [None] * 8
    assert Job.objects.count() == 1


def test_three_beats_at_once_stage_each_tick_once(runs: list[int]) -> None:
    ticks = [(BeatEntry(f"entry_{n}", "tests.race", 60, {"number": n}), NOON) for n in range(5)]

    answers = together(
        [partial(stage_ticks, ticks), partial(stage_ticks, ticks[::-1]), partial(stage_ticks, ticks)]
    )

    assert answers == [None] * 3
    assert Job.objects.count() == 5


def test_a_job_staged_by_a_transaction_still_open_is_not_seen_and_holds_nobody_up(
    runs: list[int],
) -> None:
    stage(1)
    with transaction.atomic():
        stage_job("tests.race", {"number": 9})
        (sent,) = together([partial(claim_to_send, queues=QUEUES, limit=10)])[0]

    assert Job.objects.get(id=sent.id).args == {"number": 0}
    assert Job.objects.get(status="ready").args == {"number": 9}
