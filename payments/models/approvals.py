"""What a second person agrees to before money moves."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from foundation import clock
from foundation.money import Money
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key
from payments.models.refunds import RefundStatus


class RefundApproval(TenantModel):
    """A refund above the limit of the person who asked for it; it waits while the refund requires_approval.

    payment_version: of the payment as the asker left it. Amount and version are what is agreed to, and nothing else: an
    approval of a payment that has changed since lapses, and the refund is withdrawn.
    """

    public_prefix = "reap"

    class Decision(models.TextChoices):
        APPROVED = "approved", "Approved"
        REFUSED = "refused", "Refused"
        LAPSED = "lapsed", "Lapsed"

    refund = models.ForeignKey(
        "payments.Refund", db_constraint=False, on_delete=models.PROTECT, related_name="approvals"
    )
    currency = models.CharField(max_length=3)
    own_limit_minor = models.BigIntegerField(
        help_text="What the asker may refund of one payment alone, in minor units."
    )
    payment_version = models.PositiveIntegerField()
    requested_by = models.CharField(max_length=128)
    requested_at = models.DateTimeField(default=clock.now, editable=False)
    lapses_at = models.DateTimeField()
    decision = models.CharField(max_length=8, choices=Decision.choices, blank=True)
    decided_by = models.CharField(max_length=128, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decision_note = models.CharField(max_length=500, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = "refund to approve"
        verbose_name_plural = "refunds to approve"
        ordering = ("-id",)
        constraints = [
            tenant_key("refund_approval"),
            same_merchant("refund_approval", "refund", "payments_refund"),
            models.UniqueConstraint(fields=["merchant", "refund"], name="refund_approval_once"),
            models.CheckConstraint(
                condition=Q(decision="", decided_by="", decided_at__isnull=True)
                | Q(decision__in=["approved", "refused"], decided_at__isnull=False)
                & ~Q(decided_by="")
                & ~Q(decided_by=F("requested_by"))
                | Q(decision="lapsed", decided_at__isnull=False),
                name="refund_approval_maker_is_not_checker",
            ),
        ]
        indexes = [
            models.Index(fields=["lapses_at"], condition=Q(decision=""), name="refund_approval_lapsing"),
        ]

    @property
    def own_limit(self) -> Money:
        return Money(self.own_limit_minor, self.currency)

    @property
    def is_waiting(self) -> bool:
        """Neither decided, nor overtaken by a withdrawal or a dispute."""
        return not self.decision and self.refund.status == RefundStatus.REQUIRES_APPROVAL
