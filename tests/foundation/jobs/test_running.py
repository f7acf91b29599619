from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import time_machine

from foundation.context import Context, current
from foundation.jobs import claiming
from foundation.jobs.inline import run_due_jobs
from foundation.jobs.models import Job
from foundation.jobs.registry import RunAgain
from foundation.jobs.running import BACKOFF_CAP_SECONDS, run_job
from tests.foundation.jobs.conftest import send_due

MERCHANT = UUID("01890a5d-ac96-774b-bcce-b302099a8057")
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=UTC)

Stage = Callable[..., Job]
Register = Callable[..., None]


def sent(stage: Stage, name: str, **options: object) -> Job:
    job = stage(name, **options)
    send_due()
    return job


def test_a_job_that_succeeds_is_done_with_its_outcome(stage: Stage, register_job: Register) -> None:
    register_job("tests.add", lambda *, left, right: left + right)
    job = sent(stage, "tests.add", args={"left": 2, "right": 3})

    run_job(job.id)

    row = Job.objects.get()
    assert (row.status, row.outcome, row.attempts, row.lease_until) == ("done", "5", 1, None)
    assert row.finished_at is not None


def test_the_handler_acts_in_the_jobs_context_and_the_workers_own_returns_after(
    stage: Stage, register_job: Register
) -> None:
    seen: list[Context] = []
    register_job("tests.look", lambda: seen.append(current()))
    job = sent(stage, "tests.look", merchant_id=MERCHANT)
    traceparent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    trace = {"trace_id": traceparent[3:35], "traceparent": traceparent, "request_id": "req_7"}
    Job.objects.filter(id=job.id).update(**trace)

    run_job(job.id)

    assert seen == [Context(actor="job:tests.look", merchant_id=MERCHANT, **trace)]
    assert current() == Context()


def test_the_same_message_twice_runs_the_job_once(stage: Stage, register_job: Register) -> None:
    runs: list[int] = []
    register_job("tests.count", lambda: runs.append(1))
    job = sent(stage, "tests.count")

    run_job(job.id)
    run_job(job.id)

    assert runs == [1]


def test_a_late_message_of_a_job_that_waits_does_not_run_it_early(
    stage: Stage, register_job: Register
) -> None:
    runs: list[int] = []
    register_job("tests.count", lambda: runs.append(1))
    job = stage("tests.count", run_after=datetime.now(UTC) + timedelta(hours=1))

    run_job(job.id)

    assert runs == []
    assert Job.objects.get().status == "ready"


def test_a_failure_waits_at_most_the_backoff_and_keeps_its_error(
    stage: Stage, register_job: Register
) -> None:
    register_job("tests.divide", lambda: 1 / 0)
    job = sent(stage, "tests.divide")

    with time_machine.travel(NOON, tick=False):
        run_job(job.id)

    row = Job.objects.get()
    assert (row.status, row.attempts, row.lease_until) == ("ready", 1, None)
    assert row.last_error == "ZeroDivisionError: division by zero"
    assert NOON <= row.run_after <= NOON + timedelta(seconds=2)


def test_the_tenth_failure_is_a_dead_letter(stage: Stage, register_job: Register) -> None:
    register_job("tests.divide", lambda: 1 / 0)
    job = stage("tests.divide", run_after=NOON)
    for attempt in range(1, 11):
        with time_machine.travel(NOON + attempt * timedelta(seconds=BACKOFF_CAP_SECONDS), tick=False):
            assert run_due_jobs() == 1

    row = Job.objects.get()
    assert (row.status, row.attempts, row.id) == ("dead", 10, job.id)
    assert row.finished_at is not None
    assert send_due() == []


def test_an_unregistered_name_fails_like_any_handler(stage: Stage, register_job: Register) -> None:
    register_job("tests.brief", lambda: None)
    job = sent(stage, "tests.brief")
    Job.objects.update(name="tests.gone")

    run_job(job.id)

    row = Job.objects.get()
    assert row.status == "ready"
    assert row.last_error == "JobUnknown: No job is registered as 'tests.gone'."


def test_an_error_with_a_nul_and_ten_thousand_characters_is_stored_cut(
    stage: Stage, register_job: Register
) -> None:
    def fail() -> None:
        raise ValueError("\x00" + "x" * 10_000)

    register_job("tests.fail", fail)
    job = sent(stage, "tests.fail")

    run_job(job.id)

    assert Job.objects.get().last_error == "ValueError: " + "x" * 1_988


def test_run_again_is_no_failure_and_counts_tries_anew(stage: Stage, register_job: Register) -> None:
    answers: list[object] = [RunAgain(after_seconds=30), RunAgain(at=NOON + timedelta(days=1)), None]
    register_job("tests.poll", lambda: answers.pop(0))
    stage("tests.poll", run_after=NOON)

    with time_machine.travel(NOON, tick=False):
        assert run_due_jobs() == 1
        first = Job.objects.get()
    with time_machine.travel(NOON + timedelta(seconds=30), tick=False):
        assert run_due_jobs() == 1
        second = Job.objects.get()
    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        assert run_due_jobs() == 1
        third = Job.objects.get()

    assert (first.status, first.attempts, first.run_after) == ("ready", 0, NOON + timedelta(seconds=30))
    assert (second.status, second.attempts, second.run_after) == ("ready", 0, NOON + timedelta(days=1))
    assert third.status == "done"


def test_run_again_names_exactly_one_time() -> None:
    with pytest.raises(ValueError, match="either"):
        RunAgain()
    with pytest.raises(ValueError, match="either"):
        RunAgain(after_seconds=1, at=NOON)


def test_a_worker_that_lost_its_lease_does_not_finish_the_job_of_another(
    stage: Stage, register_job: Register
) -> None:
    register_job("tests.slow", lambda: None)
    job = sent(stage, "tests.slow")
    frozen = claiming.claim_to_run(job.id)
    Job.objects.update(lease_until=datetime.now(UTC) - timedelta(seconds=1))
    send_due()
    other = claiming.claim_to_run(job.id)

    assert frozen is not None
    assert other is not None
    assert claiming.finish(frozen, outcome="late") is False
    assert claiming.fail(frozen, error="late", run_after=NOON) is None
    assert claiming.postpone(frozen, run_after=NOON) is False
    assert claiming.finish(other, outcome="in time") is True
    assert Job.objects.get().outcome == "in time"


def test_run_due_jobs_runs_what_handlers_stage_and_stops_at_its_limit(
    stage: Stage, register_job: Register
) -> None:
    def chain(*, left: int) -> None:
        if left:
            stage("tests.chain", args={"left": left - 1})

    register_job("tests.chain", chain)
    stage("tests.chain", args={"left": 5})

    assert run_due_jobs(limit=4) == 4
    assert run_due_jobs() == 2
    assert run_due_jobs() == 0
