"""Revenue that is earned over time: what of a line is deferred, and each part of it that was recognised."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from foundation import clock
from foundation.money import Money
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key
from subscriptions.revenue import Pace


class RevenueSchedule(TenantModel):
    """The revenue of a line that covers a later time: amount = recognised + taken back + what is still deferred.

    amount_minor: the line without discounts and tax; negative for a credit, and the other sums with it. What credit
    notes and voiding take back comes off the end, so the parts before it stay as they were.
    """

    public_prefix = "revs"

    invoice = models.ForeignKey(
        "subscriptions.Invoice", db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    invoice_line = models.ForeignKey(
        "subscriptions.InvoiceLine", db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    currency = models.CharField(max_length=3)
    amount_minor = models.BigIntegerField()
    recognised_minor = models.BigIntegerField(default=0)
    taken_back_minor = models.BigIntegerField(default=0)
    pace = models.CharField(max_length=7, choices=[(p.value, p.value) for p in Pace if p != Pace.AT_ONCE])
    timezone = models.CharField(max_length=64)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    next_at = models.DateTimeField(
        null=True, blank=True, help_text="When the next part is earned; empty once none is left."
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "revenue schedule"
        ordering = ("id",)
        constraints = [
            tenant_key("revenue_schedule"),
            same_merchant("revenue_schedule", "invoice", "subscriptions_invoice"),
            same_merchant("revenue_schedule", "invoice_line", "subscriptions_invoiceline"),
            models.UniqueConstraint(
                fields=["merchant", "invoice_line"], name="revenue_schedule_once_per_line"
            ),
            models.CheckConstraint(
                condition=Q(
                    amount_minor__gt=0,
                    recognised_minor__gte=0,
                    taken_back_minor__gte=0,
                    amount_minor__gte=F("recognised_minor") + F("taken_back_minor"),
                )
                | Q(
                    amount_minor__lt=0,
                    recognised_minor__lte=0,
                    taken_back_minor__lte=0,
                    amount_minor__lte=F("recognised_minor") + F("taken_back_minor"),
                ),
                name="revenue_schedule_within_its_line",
            ),
        ]
        indexes = [
            models.Index(fields=["next_at"], condition=Q(next_at__isnull=False), name="revenue_schedule_due"),
            models.Index(fields=["invoice"], name="revenue_schedule_invoice"),
        ]

    @property
    def deferred(self) -> Money:
        """What is not earned yet."""
        return Money(self.amount_minor - self.recognised_minor - self.taken_back_minor, self.currency)

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def recognised(self) -> Money:
        return Money(self.recognised_minor, self.currency)


class RevenueRecognition(TenantModel):
    """One part of a schedule that became revenue, with its ledger entry. Append-only.

    earned_at: when the part's time began. is_first: it was earned when the invoice was finalized, by its entry.
    """

    public_prefix = "revr"

    schedule = models.ForeignKey(
        RevenueSchedule, db_constraint=False, on_delete=models.PROTECT, related_name="recognitions"
    )
    ordinal = models.PositiveSmallIntegerField()
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    earned_at = models.DateTimeField()
    is_first = models.BooleanField(default=False)
    ledger_entry_id = models.UUIDField(editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "revenue recognition"
        ordering = ("ordinal",)
        constraints = [
            tenant_key("revenue_recognition"),
            same_merchant("revenue_recognition", "schedule", "subscriptions_revenueschedule"),
            models.UniqueConstraint(
                fields=["merchant", "schedule", "ordinal"], name="revenue_recognition_ordinal_once"
            ),
            models.CheckConstraint(condition=~Q(amount_minor=0), name="revenue_recognition_not_zero"),
        ]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)
