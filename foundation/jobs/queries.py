"""Reading jobs."""

from __future__ import annotations

from uuid import UUID

from django.db.models import Q

from foundation.jobs.models import Job


def count_unfinished_jobs(*, merchant_id: UUID) -> int:
    """Jobs of the merchant that are waiting, sent or running; dead letters are not."""
    # One arm per partial index: done rows, by the million, are not read.
    is_unfinished = Q(status=Job.Status.READY) | Q(status__in=[Job.Status.SENT, Job.Status.RUNNING])
    return Job.objects.filter(is_unfinished, merchant_id=merchant_id).count()
