"""Job: work to be done, as a row. Written by staging.py, moved by relay.py and running.py, and by nobody
else.

A Celery message only says "look at this row"; it may come twice, late or never.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from foundation import clock
from foundation.tenancy.scoping import IdentifiedModel


class Job(IdentifiedModel):
    """One piece of work by name. `args` are ids and integers, never secrets or personal data.

    ready → sent (the relay published a message) → running (a worker claimed it) → done, or ready again with a
    later `run_after`, or dead after `max_attempts` failures. A sent or running row whose lease lapsed is sent again.
    """

    public_prefix = "job"

    class Status(models.TextChoices):
        READY = "ready"
        SENT = "sent"
        RUNNING = "running"
        DONE = "done"
        DEAD = "dead"

    # No foreign key: a job may belong to the platform itself, and its rows come and go by the million.
    merchant_id = models.UUIDField(null=True, blank=True, editable=False)
    name = models.CharField(max_length=100)
    queue = models.CharField(max_length=32)
    args = models.JSONField(default=dict)
    run_after = models.DateTimeField(default=clock.now)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.READY)
    attempts = models.PositiveSmallIntegerField(default=0)
    max_attempts = models.PositiveSmallIntegerField(default=10)
    lease_until = models.DateTimeField(null=True, blank=True)
    last_error = models.TextField(blank=True)
    outcome = models.CharField(max_length=200, blank=True)
    dedupe_key = models.CharField(max_length=200, null=True, blank=True)
    traceparent = models.CharField(max_length=64, blank=True)
    trace_id = models.CharField(max_length=32, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    actor = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "job"
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["dedupe_key"], name="job_once", condition=Q(dedupe_key__isnull=False)
            ),
        ]
        # Partial: claiming costs the batch, however many millions of done rows lie beside it.
        indexes = [
            models.Index(fields=["queue", "run_after"], name="job_ready", condition=Q(status="ready")),
            models.Index(
                fields=["lease_until"], name="job_leased", condition=Q(status__in=["sent", "running"])
            ),
            models.Index(fields=["finished_at"], name="job_dead", condition=Q(status="dead")),
        ]

    def __str__(self) -> str:
        return f"Job {self.name} {self.public_id}"
