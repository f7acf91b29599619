"""One replay: who asked for what, how far it got, and what it came to."""

from __future__ import annotations

from django.db import models

from foundation import clock, ids


class Replay(models.Model):
    """Kept for good: it is the audit of what people had done again. merchant_id: null when it spans merchants."""

    class Kind(models.TextChoices):
        WEBHOOKS = "webhooks", "Webhooks of PSPs"
        EVENTS = "events", "Events"
        JOBS = "jobs", "Dead jobs"

    public_prefix = "rpl"

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)
    merchant_id = models.UUIDField(null=True, blank=True, editable=False)
    kind = models.CharField(max_length=16, choices=Kind.choices)
    # What was asked for, as the operation understood it.
    criteria = models.JSONField(default=dict)
    is_dry_run = models.BooleanField(default=False)
    actor = models.CharField(max_length=128)
    reason = models.CharField(max_length=500, blank=True)
    # The last one that was taken: null before the first.
    cursor = models.JSONField(null=True, blank=True)
    found = models.PositiveIntegerField(
        default=0, help_text="How many were found, and done again unless dry."
    )
    counts = models.JSONField(default=dict, help_text="How many, by type or name.")
    started_at = models.DateTimeField(default=clock.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = "replay"
        ordering = ("-id",)

    @property
    def public_id(self) -> str:
        return ids.encode_id(self.public_prefix, self.id)

    def __str__(self) -> str:
        return f"Replay of {self.get_kind_display().lower()}"
