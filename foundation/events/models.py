"""Event: the immutable stream of what happened; EventCursor: how far each consumer has read it.

Written by publishing.py, read by dispatching.py and queries.py. A trigger refuses UPDATE, DELETE and
TRUNCATE.
"""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Func

from foundation import clock
from foundation.events.fields import Xid8Field
from foundation.tenancy.scoping import TenantModel, tenant_key


class Event(TenantModel):
    """Something that happened to an object, with the object as it stood, in Stripe's shape.

    `position` comes from a sequence and `xid` is the writing transaction: a reader that follows `position`
    alone misses rows of transactions that commit late, so readers follow (xid, position) below the oldest
    running one.
    """

    public_prefix = "evt"

    type = models.CharField(max_length=100)
    object_type = models.CharField(max_length=64)
    object_id = models.UUIDField()
    data = models.JSONField()
    previous_attributes = models.JSONField(null=True, blank=True)
    api_version = models.CharField(max_length=32)
    request_id = models.CharField(max_length=64, blank=True)
    idempotency_key = models.CharField(max_length=255, blank=True)
    trace_id = models.CharField(max_length=32, blank=True)
    actor = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    # Migration 0003 turns this default into GENERATED ALWAYS AS IDENTITY.
    position = models.BigIntegerField(db_default=0, editable=False)
    xid = Xid8Field(db_default=Func(function="pg_current_xact_id"), editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "event"
        ordering = ("-id",)
        constraints = [tenant_key("event")]
        indexes = [
            models.Index(fields=["xid", "position"], name="event_stream"),
            models.Index(fields=["merchant", "type", "id"], name="event_by_type"),
            models.Index(fields=["merchant", "object_id", "id"], name="event_by_object"),
            BrinIndex(fields=["created_at"], name="event_created", autosummarize=True),
        ]


class EventCursor(models.Model):
    """The last event a consumer has taken. Locked by the relay that reads on its behalf."""

    consumer = models.CharField(max_length=64, primary_key=True)
    xid = Xid8Field(default=0)
    position = models.BigIntegerField(default=0)
    moved_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name = "event cursor"
        ordering = ("consumer",)

    def __str__(self) -> str:
        return f"Event cursor of {self.consumer}"
