"""The one Celery task of the project, and the jobs' own housekeeping."""

from __future__ import annotations

from uuid import UUID

from celery import shared_task

from foundation.jobs.publishing import RUN_TASK
from foundation.jobs.registry import RunAgain, job
from foundation.jobs.retention import forget_finished_jobs
from foundation.jobs.running import run_job


@shared_task(name=RUN_TASK)  # type: ignore[untyped-decorator]
def run(job_id: str) -> None:
    run_job(UUID(job_id))


@job("jobs.forget_finished")
def forget_finished() -> RunAgain | None:
    return forget_finished_jobs()
