"""ManualAdjustment: what a person wants to be posted, and what another person made of it."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition

from foundation import clock
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key


class ManualAdjustment(TenantModel):
    """lines: [{"path", "currency", "amount_minor"}], debit positive. reverses: the entry to be undone, if any.

    parameters_hash covers everything that is to be approved; an approval names it, and PostgreSQL refuses a
    change of what it covers (migration 0005).
    """

    public_prefix = "adj"

    class Status(models.TextChoices):
        REQUESTED = "requested"
        POSTED = "posted"
        REFUSED = "refused"
        WITHDRAWN = "withdrawn"

    lines = models.JSONField()
    effective_at = models.DateTimeField()
    reason = models.CharField(max_length=500)
    reverses = models.ForeignKey(
        "ledger.JournalEntry",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="asked_reversals",
        db_constraint=False,
    )
    parameters_hash = models.CharField(max_length=64)
    status = FSMField(max_length=9, choices=Status.choices, default=Status.REQUESTED, protected=True)
    requested_by = models.CharField(max_length=150)
    requested_at = models.DateTimeField(default=clock.now, editable=False)
    decided_by = models.CharField(max_length=150, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_note = models.CharField(max_length=500, blank=True)
    entry = models.ForeignKey(
        "ledger.JournalEntry",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="adjustments",
        db_constraint=False,
    )

    class Meta(TenantModel.Meta):
        verbose_name = "adjustment"
        ordering = ("-id",)
        constraints = [
            tenant_key("adjustment"),
            same_merchant("adjustment", "reverses", "ledger_journalentry"),
            same_merchant("adjustment", "entry", "ledger_journalentry"),
            models.CheckConstraint(
                condition=~Q(reason="") & ~Q(requested_by=""), name="adjustment_has_reason_and_maker"
            ),
            models.CheckConstraint(
                condition=Q(status="requested", decided_by="", decided_at__isnull=True)
                | Q(status__in=["posted", "refused"], decided_at__isnull=False)
                & ~Q(decided_by="")
                & ~Q(decided_by=F("requested_by"))
                | Q(status="withdrawn", decided_at__isnull=False, decided_by=F("requested_by")),
                name="adjustment_maker_is_not_checker",
            ),
            models.CheckConstraint(
                condition=Q(status="posted", entry__isnull=False)
                | ~Q(status="posted") & Q(entry__isnull=True),
                name="adjustment_posted_has_entry",
            ),
        ]

    @transition(field=status, source=Status.REQUESTED, target=Status.POSTED)
    def post(self) -> None:
        """Another person approved it, and its entry is in the books."""

    @transition(field=status, source=Status.REQUESTED, target=Status.REFUSED)
    def refuse(self) -> None:
        """Another person said no."""

    @transition(field=status, source=Status.REQUESTED, target=Status.WITHDRAWN)
    def withdraw(self) -> None:
        """Whoever asked for it took it back."""
