"""A file of breaks that somebody filled in: what each row asks for, and what became of it.

Written by ledger/reconciliation/operations; the work itself is a job that goes on where it stood.
"""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django_fsm import FSMField, transition

from foundation import clock
from foundation.tenancy.scoping import TenantManager, TenantModel, tenant_key


class BreakFile(TenantModel):
    """Looked at first (previewed), then committed as it is; done when every row has an outcome.

    may_write_off: whether whoever committed it may ask for write-offs.
    """

    public_prefix = "brkf"

    class Status(models.TextChoices):
        PREVIEWED = "previewed"
        COMMITTED = "committed"
        DONE = "done"

    status = FSMField(max_length=10, choices=Status.choices, default=Status.PREVIEWED, protected=True)
    file_name = models.CharField(max_length=255, blank=True)
    row_count = models.PositiveIntegerField(default=0)
    doable_count = models.PositiveIntegerField(default=0)
    uploaded_by = models.CharField(max_length=150)
    committed_by = models.CharField(max_length=150, blank=True)
    may_write_off = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    committed_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = "file of breaks"
        verbose_name_plural = "files of breaks"
        ordering = ("-id",)
        constraints = [tenant_key("break_file")]

    @transition(field=status, source=Status.PREVIEWED, target=Status.COMMITTED)
    def commit(self, committed_by: str, at: datetime, *, may_write_off: bool) -> None:
        self.committed_by = committed_by
        self.committed_at = at
        self.may_write_off = may_write_off

    @transition(field=status, source=Status.COMMITTED, target=Status.DONE)
    def finish(self, at: datetime) -> None:
        self.finished_at = at


class BreakFileRow(models.Model):
    """One row that asks for something. problem: why it cannot be done, as the preview found it. outcome: what became of
    it; empty while it waits."""

    id = models.BigAutoField(primary_key=True)
    merchant = models.ForeignKey(
        "foundation.Merchant", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    file = models.ForeignKey(BreakFile, on_delete=models.PROTECT, related_name="rows", db_index=False)
    line_number = models.PositiveIntegerField()
    broken_id = models.UUIDField(null=True)
    named = models.CharField(max_length=64)
    owner = models.CharField(max_length=150, blank=True)
    explanation = models.CharField(max_length=1000, blank=True)
    write_off_reason = models.CharField(max_length=500, blank=True)
    problem = models.CharField(max_length=255, blank=True)
    outcome = models.CharField(max_length=255, blank=True)

    across_merchants = models.Manager()
    objects = TenantManager()

    class Meta:
        verbose_name = "row"
        default_manager_name = "across_merchants"
        base_manager_name = "across_merchants"
        ordering = ("file", "line_number")
        constraints = [
            models.UniqueConstraint(fields=["merchant", "file", "line_number"], name="break_file_row_once")
        ]
        indexes = [
            models.Index(fields=["file", "id"], condition=Q(outcome=""), name="break_file_row_waiting"),
            models.Index(fields=["file", "line_number"], name="break_file_row_shown"),
        ]

    def __str__(self) -> str:
        return f"Row {self.line_number}"
