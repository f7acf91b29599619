from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import connection

from foundation.jobs.claiming import _SEND, claim_to_run, claim_to_send, give_back
from foundation.jobs.models import Job
from foundation.jobs.operations.redrive_jobs import redrive_jobs
from foundation.jobs.registry import QUEUES
from tests.factories.owner import as_owner
from tests.foundation.jobs.conftest import send_due

Stage = Callable[..., Job]


@pytest.fixture(autouse=True)
def _jobs(register_job: Callable[..., None]) -> None:
    register_job("tests.plain", lambda: None)
    register_job("tests.psp", lambda: None, queue="psp")


def lapse() -> None:
    Job.objects.update(lease_until=datetime.now(UTC) - timedelta(milliseconds=1))


def test_a_due_job_is_sent_with_a_lease_of_thirty_seconds_and_not_twice(stage: Stage) -> None:
    job = stage("tests.psp")

    sent = send_due()

    row = Job.objects.get()
    assert [(s.id, s.name, s.queue, s.status) for s in sent] == [(job.id, "tests.psp", "psp", "sent")]
    assert row.status == "sent"
    assert timedelta(seconds=28) < row.lease_until - datetime.now(UTC) <= timedelta(seconds=30)
    assert send_due() == []


def test_a_job_that_is_not_due_stays(stage: Stage) -> None:
    stage("tests.plain", run_after=datetime.now(UTC) + timedelta(minutes=1))

    assert send_due() == []


def test_a_message_that_nobody_took_in_thirty_seconds_is_sent_again(stage: Stage) -> None:
    job = stage("tests.plain")
    send_due()
    lapse()

    assert [sent.id for sent in send_due()] == [job.id]


def test_a_lost_message_costs_no_try_however_often(stage: Stage) -> None:
    stage("tests.plain")
    for _ in range(20):
        assert len(send_due()) == 1
        lapse()

    assert Job.objects.get().attempts == 0


def test_a_job_whose_worker_was_killed_is_sent_again(stage: Stage) -> None:
    job = stage("tests.plain")
    send_due()
    assert claim_to_run(job.id) is not None
    lapse()

    assert [(sent.id, sent.status) for sent in send_due()] == [(job.id, "sent")]


def test_a_job_that_kills_its_worker_ten_times_is_a_dead_letter(stage: Stage) -> None:
    job = stage("tests.plain")
    for _ in range(10):
        assert [sent.status for sent in send_due()] == ["sent"]
        assert claim_to_run(job.id) is not None
        lapse()

    buried = send_due()

    row = Job.objects.get()
    assert [sent.status for sent in buried] == ["dead"]
    assert (row.status, row.attempts, row.lease_until) == ("dead", 10, None)
    assert row.last_error == "The worker died with this job each time."
    assert row.finished_at is not None
    assert send_due() == []


def test_a_closed_queue_keeps_its_rows_and_holds_back_no_other(stage: Stage) -> None:
    for _ in range(5):
        stage("tests.psp")
    plain = stage("tests.plain")

    sent = claim_to_send(queues=["default"], limit=3)

    assert [job.id for job in sent] == [plain.id]
    assert Job.objects.filter(queue="psp", status="ready").count() == 5


def test_each_queue_gets_a_batch_in_due_order(stage: Stage) -> None:
    past = datetime.now(UTC) - timedelta(hours=1)
    late = [stage("tests.psp", run_after=past + timedelta(seconds=second)) for second in (3, 1, 2)]
    plain = stage("tests.plain")

    sent = claim_to_send(queues=QUEUES, limit=2)

    assert {job.id for job in sent} == {late[1].id, late[2].id, plain.id}


def test_what_could_not_be_published_is_ready_again_but_not_what_runs_already(stage: Stage) -> None:
    first, second = stage("tests.plain"), stage("tests.plain")
    send_due()
    claim_to_run(second.id)

    give_back([first.id, second.id])

    assert dict(Job.objects.values_list("id", "status")) == {first.id: "ready", second.id: "running"}


def test_a_redriven_job_has_ten_new_tries(stage: Stage) -> None:
    job = stage("tests.plain")
    Job.objects.update(status="dead", attempts=10, finished_at=datetime.now(UTC))

    assert redrive_jobs(is_dry_run=True).counts == {"found": {"tests.plain": 1}}
    assert redrive_jobs(name="tests.psp").found == 0
    assert redrive_jobs(job_ids=[job.id]).counts == {"found": {"tests.plain": 1}, "jobs": 1}

    row = Job.objects.get()
    assert (row.status, row.attempts, row.finished_at) == ("ready", 0, None)
    assert redrive_jobs().found == 0


def test_the_command_redrives_and_says_what(stage: Stage) -> None:
    for name in ("tests.plain", "tests.plain", "tests.psp"):
        stage(name)
    Job.objects.update(status="dead", finished_at=datetime.now(UTC))
    out = StringIO()

    call_command("redrive_jobs", "--name", "tests.plain", stdout=out)

    said = json.loads(out.getvalue())
    assert (said["redriven"], said["total"]) == ({"tests.plain": 2}, 2)
    assert Job.objects.filter(status="ready").count() == 2


@pytest.mark.django_db
def test_claiming_reads_the_partial_indexes_however_many_done_rows_there_are() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            """
            INSERT INTO foundation_job (id, name, queue, args, run_after, status, attempts, max_attempts,
                last_error, outcome, traceparent, trace_id, request_id, actor, created_at, finished_at)
            SELECT uuidv7(), 'tests.plain', 'default', '{}', now(),
                CASE WHEN n <= 300 THEN 'ready' ELSE 'done' END,
                1, 10, '', '', '', '', '', '', now(), now()
            FROM generate_series(1, 20000) AS n
            """
        )
        with as_owner():
            cursor.execute("ANALYZE foundation_job")
        cursor.execute(
            "EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + _SEND,
            {"queues": list(QUEUES), "limit": 100, "due_at": None, "lease": 30},
        )
        plan = cursor.fetchone()[0]

    text = plan if isinstance(plan, str) else str(plan)
    assert "job_ready" in text
    assert "Seq Scan" not in text.replace("Function Scan", "")
