"""Redrive dead jobs: by the command, and by people in the admin."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db.models import Q

from foundation.jobs.claiming import redrive
from foundation.jobs.models import Job
from foundation.replay.models import Replay
from foundation.replay.running import Criteria, Cursor, Found, Source, run_replay
from foundation.transactions import outside_transaction


@outside_transaction
def redrive_jobs(
    *,
    name: str | None = None,
    job_ids: Sequence[UUID] | None = None,
    limit: int = 1_000,
    is_dry_run: bool = False,
    resume: UUID | None = None,
) -> Replay:
    """Give dead jobs new tries, oldest death first, at most `limit`; the replay counts them by job name.

    name, job_ids: only these; all when None. resume: go on with this replay, whatever else is given.
    Raises: ResourceMissing, ReplayDiffers; nothing for an id that is not dead, which is passed over.
    Writes: the replay; the job rows, unless is_dry_run.
    Safe to repeat: a job that is ready again is no longer dead.
    """
    criteria: Criteria = {}
    if name is not None:
        criteria["name"] = name
    if job_ids is not None:
        criteria["jobs"] = [str(job_id) for job_id in job_ids]
    return run_replay(DEAD_JOBS, criteria=criteria, is_dry_run=is_dry_run, most=limit, resume=resume)


def _read(criteria: Criteria, cursor: Cursor | None, limit: int) -> list[Found]:
    dead = Job.objects.filter(
        status=Job.Status.DEAD, finished_at__lte=datetime.fromisoformat(criteria["before"])
    )
    if "name" in criteria:
        dead = dead.filter(name=criteria["name"])
    if "jobs" in criteria:
        dead = dead.filter(id__in=criteria["jobs"])
    if cursor is not None:
        at = datetime.fromisoformat(cursor[0])
        dead = dead.filter(Q(finished_at__gt=at) | Q(finished_at=at, id__gt=cursor[1]))
    rows = dead.order_by("finished_at", "id").values_list("id", "name", "finished_at")[:limit]
    return [Found(row_id, name, [at.isoformat(), str(row_id)]) for row_id, name, at in rows if at]


def _again(job_ids: Sequence[UUID], criteria: Criteria, replay: str) -> int:
    return redrive(job_ids)


DEAD_JOBS = Source(Replay.Kind.JOBS, _read, _again)
