"""The audit event: one row per change of a protected table, written by a trigger and never changed.

simple-history tells people the story of a row; it is skipped by bulk writes and by SQL. This table is the
evidence. Triggers and the functions behind them: protection.py and migration 0002.
"""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Func

from foundation.events.fields import Xid8Field


class AuditEvent(models.Model):
    """What changed in one row, by whom. Written only by foundation_record_change().

    before and after hold the changed columns only (all of them for an insert or a delete). A secret or
    encrypted column shows as a digest: that it changed is evidence, its content is not (Audited(…,
    secret=…)).
    """

    id = models.BigAutoField(primary_key=True)
    table_name = models.CharField(max_length=63)
    row_id = models.TextField()
    # No foreign key: evidence outlives what it speaks of, and its insert takes no lock on the merchant.
    merchant_id = models.UUIDField(null=True)
    operation = models.CharField(max_length=6, help_text="INSERT, UPDATE or DELETE.")
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)
    actor = models.TextField()
    request_id = models.TextField()
    trace_id = models.TextField()
    created_at = models.DateTimeField()
    xid = Xid8Field(db_default=Func(function="pg_current_xact_id"), editable=False)

    class Meta:
        verbose_name = "audit event"
        ordering = ("-id",)
        indexes = [
            models.Index(fields=["table_name", "row_id", "id"], name="audit_event_row"),
            models.Index(fields=["merchant_id", "-id"], name="audit_event_merchant"),
            BrinIndex(fields=["created_at"], name="audit_event_created"),
        ]

    def __str__(self) -> str:
        return f"Audit event {self.id}: {self.operation} of {self.table_name} {self.row_id}"
