from __future__ import annotations

import inspect

import pytest

from foundation.jobs.beat import BeatEntry, as_celery_schedule
from foundation.jobs.registry import registered_jobs
from payments_site.celery import app
from payments_site.schedule import SCHEDULE


@pytest.mark.parametrize("entry", SCHEDULE, ids=lambda entry: entry.name)
def test_every_entry_names_a_registered_job_and_gives_the_arguments_it_takes(entry: BeatEntry) -> None:
    handler = registered_jobs()[entry.job].handler

    inspect.signature(handler).bind(**entry.args)


def test_celery_runs_the_table_as_rows() -> None:
    app.finalize()

    assert app.conf.beat_schedule == as_celery_schedule(SCHEDULE)
    assert app.conf.beat_scheduler == "foundation.jobs.beat:RowScheduler"


def test_celery_knows_one_task_of_ours() -> None:
    app.finalize()

    assert [name for name in app.tasks if not name.startswith("celery.")] == ["foundation.jobs.run"]
