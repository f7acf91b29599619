"""AuditEvent: one row per change of a protected table, written by a trigger. Seals over it and what verified them.

simple-history tells people the story of a row; it is skipped by bulk writes and by SQL. This table is the
evidence. Triggers and the functions behind them: protection.py and migration 0002. All tables here are
append-only.
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


class Seal(models.Model):
    """A signed digest over the rows of a minute: chain.py says what it covers and what proves it.

    upto_xid: rows of older transactions are in this seal or an earlier one. parts: SealedPart by table.
    """

    number = models.BigIntegerField(primary_key=True)
    sealed_at = models.DateTimeField()
    upto_xid = Xid8Field()
    parts = models.JSONField()
    row_count = models.BigIntegerField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    key_id = models.CharField(max_length=16)
    signature = models.CharField(max_length=88)

    class Meta:
        verbose_name = "seal"
        ordering = ("-number",)
        # The chain cannot fork, whoever seals.
        constraints = [models.UniqueConstraint(fields=["previous_hash"], name="seal_follows_once")]

    def __str__(self) -> str:
        return f"Seal {self.number}"


class SealPage(models.Model):
    """Some leaves of one part of a seal, in the order of their key: what lets a verifier name the row.

    keys: the rows' keys, a line each. hashes: 32 bytes each, in the same order.
    """

    id = models.BigAutoField(primary_key=True)
    # No foreign key: pages are written before the seal whose root they give.
    seal_number = models.BigIntegerField()
    table_name = models.CharField(max_length=63)
    page = models.PositiveIntegerField()
    keys = models.TextField()
    hashes = models.BinaryField()

    class Meta:
        verbose_name = "seal page"
        ordering = ("seal_number", "table_name", "page")
        constraints = [
            models.UniqueConstraint(fields=["seal_number", "table_name", "page"], name="seal_page_once")
        ]


class AuditVerification(models.Model):
    """One slice of the verifier's endless round, and what it found.

    first_seal, last_seal: of a slice of seals. last_position: of a slice of audited rows, the place where the next
    one begins. is_last: the round is complete with this slice, and the next one starts over.
    """

    class Kind(models.TextChoices):
        SEALS = "seals"
        ROWS = "rows"

    id = models.BigAutoField(primary_key=True)
    kind = models.CharField(max_length=5, choices=Kind.choices)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    first_seal = models.BigIntegerField(null=True)
    last_seal = models.BigIntegerField(null=True)
    last_position = models.TextField(blank=True)
    is_last = models.BooleanField()
    row_count = models.BigIntegerField()
    finding_count = models.BigIntegerField()
    findings = models.JSONField()

    class Meta:
        verbose_name = "verification"
        ordering = ("-id",)
        indexes = [
            models.Index(fields=["kind", "-id"], name="audit_verification_of_kind"),
            models.Index(fields=["last_seal", "first_seal"], name="audit_verification_of_seal"),
        ]

    def __str__(self) -> str:
        return f"Verification {self.id} of {self.kind}"
