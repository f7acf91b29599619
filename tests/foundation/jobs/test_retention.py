from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
import time_machine

from foundation.jobs.models import Job
from foundation.jobs.registry import RunAgain
from foundation.jobs.retention import forget_finished_jobs

TODAY = datetime(2026, 11, 20, tzinfo=UTC)


def finished(status: str, days_ago: int) -> UUID:
    at = TODAY - timedelta(days=days_ago)
    # As uuidv7() makes it: the first 48 bits are the millisecond.
    job_id = UUID(f"{int(at.timestamp() * 1000):012x}7000{days_ago:016x}")
    return Job.objects.create(id=job_id, name="tests.old", queue="default", status=status, finished_at=at).id


@pytest.mark.django_db
def test_done_rows_older_than_thirty_days_go_and_all_others_stay() -> None:
    old = finished("done", 31)
    young = finished("done", 29)
    dead = finished("dead", 400)
    waiting = finished("ready", 500)

    with time_machine.travel(TODAY, tick=False):
        again = forget_finished_jobs()

    assert again is None
    assert set(Job.objects.values_list("id", flat=True)) == {young, dead, waiting}
    assert not Job.objects.filter(id=old).exists()


@pytest.mark.django_db
def test_a_full_batch_asks_to_come_again() -> None:
    for days in (40, 50, 60):
        finished("done", days)

    with time_machine.travel(TODAY, tick=False):
        assert forget_finished_jobs(batch_rows=2) == RunAgain(after_seconds=1)
        assert forget_finished_jobs(batch_rows=2) is None

    assert Job.objects.count() == 0
