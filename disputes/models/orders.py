"""What we tell the PSP to do about a dispute, once: send the evidence, or accept. Row and key before the call."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django_fsm import FSMField, transition

from foundation import clock
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key


class OrderKind(models.TextChoices):
    SUBMIT = "submit", "Send the evidence"
    ACCEPT = "accept", "Accept the dispute"


class OrderStatus(models.TextChoices):
    CREATED = "created"
    SUBMITTING = "submitting"
    SUCCEEDED = "succeeded"
    REFUSED = "refused"
    UNKNOWN = "unknown"


S = OrderStatus
STANDING = [S.CREATED, S.SUBMITTING, S.SUCCEEDED, S.UNKNOWN]
"""States in which the order may have taken effect: the database allows one such order per dispute and stage."""


class DisputeOrder(TenantModel):
    """One answer to one stage of a dispute. evidence: the very copy that goes out, with its hash; pack: the PDF that
    goes with it, None where it stays here (disputes.queries.packing says when)."""

    public_prefix = "dor"

    dispute = models.ForeignKey(
        "disputes.Dispute", db_constraint=False, on_delete=models.PROTECT, related_name="orders"
    )
    kind = models.CharField(max_length=8, choices=OrderKind.choices)
    stage = models.CharField(max_length=20)
    status = FSMField(default=S.CREATED, choices=S.choices, protected=True)
    psp_key = models.CharField(max_length=64, editable=False)
    evidence = models.JSONField(default=dict, help_text="The immutable copy of what is sent.")
    evidence_sha256 = models.CharField(max_length=64, blank=True)
    pack = models.ForeignKey(
        "disputes.EvidenceFile",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    requested_by = models.CharField(max_length=150, blank=True)
    failure_code = models.CharField(max_length=64, blank=True)
    submissions = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    submitted_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    next_check_at = models.DateTimeField(null=True, blank=True)
    request_id = models.CharField(max_length=40, blank=True, editable=False)
    trace_id = models.CharField(max_length=32, blank=True, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "order to the PSP"
        ordering = ("-id",)
        constraints = [
            tenant_key("dispute_order"),
            same_merchant("dispute_order", "dispute", "disputes_dispute"),
            same_merchant("dispute_order", "pack", "disputes_evidencefile"),
            # Accept against submit, and two submissions: one wins, in every race.
            models.UniqueConstraint(
                fields=["merchant", "dispute", "stage"],
                condition=Q(status__in=STANDING),
                name="dispute_order_one_standing",
            ),
            models.UniqueConstraint(fields=["merchant", "psp_key"], name="dispute_order_key_once"),
        ]
        indexes = [
            models.Index(
                fields=["next_check_at"],
                condition=Q(next_check_at__isnull=False),
                name="dispute_order_due_check",
            )
        ]

    @property
    def is_undecided(self) -> bool:
        return self.status in (S.CREATED, S.SUBMITTING, S.UNKNOWN)

    @transition(field=status, source=[S.CREATED, S.UNKNOWN], target=S.SUBMITTING)
    def submit(self) -> None:
        """Row and key are on disk; the PSP is about to hear of it."""

    @transition(field=status, source=[S.SUBMITTING, S.UNKNOWN], target=S.CREATED)
    def unsend(self) -> None:
        """It certainly did not reach the PSP: it waits to be sent again."""

    @transition(field=status, source=[S.CREATED, S.SUBMITTING, S.UNKNOWN], target=S.SUCCEEDED)
    def succeed(self) -> None:
        """The PSP has it."""

    @transition(field=status, source=[S.CREATED, S.SUBMITTING, S.UNKNOWN], target=S.REFUSED)
    def refuse(self) -> None:
        """The PSP does not take it: too late, or decided already."""

    @transition(field=status, source=[S.SUBMITTING, S.UNKNOWN], target=S.UNKNOWN)
    def lose_sight(self) -> None:
        """It may have arrived."""
