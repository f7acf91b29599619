"""Redrive dead jobs: by the command, and by people in the admin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from uuid import UUID

from foundation.jobs.claiming import redrive
from foundation.jobs.models import Job
from foundation.transactions import owns_transaction


@owns_transaction
def redrive_jobs(
    *,
    name: str | None = None,
    job_ids: Sequence[UUID] | None = None,
    limit: int = 1_000,
    is_dry_run: bool = False,
) -> dict[str, int]:
    """Give dead jobs new tries, oldest death first, at most `limit`; how many, by job name.

    name, job_ids: only these; all when None.
    Raises nothing: an id that is not dead is passed over.
    Writes the job rows, unless is_dry_run.
    Safe to repeat: a job that is ready again is no longer dead.
    """
    dead = Job.objects.filter(status=Job.Status.DEAD)
    if name is not None:
        dead = dead.filter(name=name)
    if job_ids is not None:
        dead = dead.filter(id__in=list(job_ids))
    chosen = list(dead.order_by("finished_at").values_list("id", "name")[:limit])
    if not is_dry_run:
        redrive([job_id for job_id, _ in chosen])
    return dict(Counter(job_name for _, job_name in chosen))
