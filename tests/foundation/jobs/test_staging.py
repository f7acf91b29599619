from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import time_machine
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext

from foundation.context import acting
from foundation.jobs.models import Job
from foundation.jobs.registry import JobUnknown
from foundation.jobs.staging import NewJob, stage_job, stage_jobs, stage_selected_jobs
from foundation.transactions import TransactionRuleBroken

MERCHANT = UUID("01890a5d-ac96-774b-bcce-b302099a8057")


@pytest.fixture(autouse=True)
def _greet_job(register_job: Callable[..., None]) -> None:
    register_job("tests.greet", lambda **args: None, queue="psp", max_attempts=3)


def test_a_staged_job_is_a_ready_row_that_carries_the_callers_context(stage: Callable[..., Job]) -> None:
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    context = {
        "actor": "staff:ada",
        "request_id": "req_1",
        "trace_id": "0af7651916cd43dd8448eb211c80319c",
        "traceparent": traceparent,
    }

    with acting(**context):
        job = stage("tests.greet", args={"name": "Ada"}, merchant_id=MERCHANT)

    assert (job.status, job.queue, job.max_attempts, job.attempts) == ("ready", "psp", 3, 0)
    assert (job.args, job.merchant_id) == ({"name": "Ada"}, MERCHANT)
    assert (job.actor, job.request_id) == ("staff:ada", "req_1")
    assert (job.trace_id, job.traceparent) == ("0af7651916cd43dd8448eb211c80319c", traceparent)


def test_the_merchant_of_the_context_is_taken_when_none_is_named(stage: Callable[..., Job]) -> None:
    with acting(merchant_id=MERCHANT):
        job = stage("tests.greet")

    assert job.merchant_id == MERCHANT


def test_staging_is_one_statement(db: None) -> None:
    with (
        transaction.atomic(),
        CaptureQueriesContext(
            connection,
        ) as queries,
    ):
        stage_job("tests.greet", {"name": "Ada"})

    assert [query["sql"].split()[0] for query in queries] == ["INSERT"]


def test_many_jobs_are_staged_in_one_statement(db: None) -> None:
    with transaction.atomic(), CaptureQueriesContext(connection) as queries:
        stage_jobs([NewJob("tests.greet", {"number": number}) for number in range(50)])

    assert len(queries) == 1
    assert Job.objects.count() == 50


def test_staging_outside_a_transaction_is_refused_and_leaves_no_row(db: None) -> None:
    with pytest.raises(TransactionRuleBroken):
        stage_job("tests.greet", {})

    assert not Job.objects.exists()


def test_an_unknown_name_is_refused_and_leaves_no_row(db: None) -> None:
    with transaction.atomic(), pytest.raises(JobUnknown):
        stage_job("tests.unheard_of", {})

    assert not Job.objects.exists()


def test_a_job_of_a_transaction_that_rolls_back_never_existed(db: None) -> None:
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        stage_job("tests.greet", {})
        raise ZeroDivisionError

    assert not Job.objects.exists()


def test_the_second_job_with_a_dedupe_key_is_not_staged(stage: Callable[..., Job]) -> None:
    stage("tests.greet", args={"name": "first"}, dedupe_key="once")
    stage("tests.greet", args={"name": "second"}, dedupe_key="once")
    stage("tests.greet", args={"name": "third"})
    stage("tests.greet", args={"name": "fourth"})

    assert sorted(job.args["name"] for job in Job.objects.all()) == ["first", "fourth", "third"]


def test_run_after_is_kept_to_the_microsecond(stage: Callable[..., Job]) -> None:
    moment = datetime(2026, 12, 24, 18, 0, 0, 1, tzinfo=UTC)

    job = stage("tests.greet", run_after=moment)

    assert job.run_after == moment


def test_a_web_server_whose_clock_runs_fast_does_not_delay_its_jobs(stage: Callable[..., Job]) -> None:
    truth = datetime.now(UTC)

    with time_machine.travel(truth + timedelta(minutes=10), tick=False):
        job = stage("tests.greet")

    assert job.run_after - truth < timedelta(seconds=5)


def test_under_a_clock_stopped_in_the_past_a_job_is_due_at_once(stage: Callable[..., Job]) -> None:
    stopped = datetime(2026, 1, 1, tzinfo=UTC)

    with time_machine.travel(stopped, tick=False):
        job = stage("tests.greet")

    assert job.run_after == stopped


def test_jobs_selected_in_sql_carry_their_own_trace(db: None) -> None:
    source = """
        SELECT NULL::uuid AS merchant_id, jsonb_build_object('number', n) AS args, 'n:' || n AS dedupe_key,
               %(trace)s AS trace_id, 'req_9' AS request_id
        FROM generate_series(1, 3) AS n
    """

    with transaction.atomic(), acting(actor="relay"):
        first = stage_selected_jobs("tests.greet", source, {"trace": "a" * 32})
        again = stage_selected_jobs("tests.greet", source, {"trace": "a" * 32})

    jobs = list(Job.objects.order_by("dedupe_key"))
    assert (first, again) == (3, 0)
    assert [job.args for job in jobs] == [{"number": 1}, {"number": 2}, {"number": 3}]
    assert {(job.queue, job.max_attempts, job.actor, job.request_id) for job in jobs} == {
        ("psp", 3, "relay", "req_9")
    }
    assert all(job.traceparent.startswith(f"00-{'a' * 32}-") and len(job.traceparent) == 55 for job in jobs)
