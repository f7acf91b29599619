"""Refunds: money going back, one row per movement, promised before it is sent."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django_fsm import FSMField, transition

from foundation import clock
from foundation.audit.history import PersonHistory
from foundation.money import Money
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key


class RefundStatus(models.TextChoices):
    REQUIRES_APPROVAL = "requires_approval"
    CREATED = "created"
    SUBMITTING = "submitting"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"
    CANCELED = "canceled"


class RefundReason(models.TextChoices):
    DUPLICATE = "duplicate", "Paid twice"
    FRAUDULENT = "fraudulent", "Fraud"
    REQUESTED_BY_CUSTOMER = "requested_by_customer", "The customer asked for it"


S = RefundStatus
LIVE_REFUND_STATES = [S.REQUIRES_APPROVAL, S.CREATED, S.SUBMITTING, S.PENDING, S.SUCCEEDED, S.UNKNOWN]
"""States whose amount is spoken for: it can not be refunded a second time."""


class Refund(TenantModel):
    """Amount in minor units of `currency`, never above what is captured and not yet spoken for."""

    public_prefix = "re"

    payment_intent = models.ForeignKey(
        "payments.PaymentIntent", db_constraint=False, on_delete=models.PROTECT, related_name="refunds"
    )
    attempt = models.ForeignKey(
        "payments.PaymentAttempt", db_constraint=False, on_delete=models.PROTECT, related_name="refunds"
    )
    status = FSMField(default=S.CREATED, choices=S.choices, protected=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    reason = models.CharField(max_length=32, choices=RefundReason.choices, blank=True)
    note = models.CharField(
        max_length=1000, blank=True, help_text="The agent's own words; never sent to the PSP."
    )
    metadata = models.JSONField(default=dict, blank=True)
    psp_key = models.CharField(max_length=64, editable=False)
    psp_reference = models.CharField(max_length=255, blank=True)
    failure_reason = models.CharField(max_length=64, blank=True)
    unknown_reason = models.CharField(max_length=255, blank=True)
    submissions = models.PositiveSmallIntegerField(default=0)
    ledger_entry_id = models.UUIDField(null=True, blank=True, editable=False)
    return_entry_id = models.UUIDField(null=True, blank=True, editable=False)
    requested_by = models.CharField(max_length=128, blank=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    submitted_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    next_check_at = models.DateTimeField(null=True, blank=True)
    checks = models.PositiveIntegerField(default=0)
    request_id = models.CharField(max_length=40, blank=True, editable=False)
    trace_id = models.CharField(max_length=32, blank=True, editable=False)

    history = PersonHistory()

    class Meta(TenantModel.Meta):
        verbose_name = "refund"
        ordering = ("-id",)
        constraints = [
            tenant_key("refund"),
            same_merchant("refund", "payment_intent", "payments_paymentintent"),
            same_merchant("refund", "attempt", "payments_paymentattempt"),
            models.UniqueConstraint(fields=["merchant", "psp_key"], name="refund_key_once"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="refund_amount_positive"),
        ]
        indexes = [
            models.Index(fields=["attempt"], name="refund_attempt"),
            models.Index(fields=["payment_intent", "-id"], name="refund_by_intent"),
            models.Index(fields=["merchant", "-id"], name="refund_newest"),
            models.Index(
                fields=["next_check_at"], condition=Q(next_check_at__isnull=False), name="refund_due_check"
            ),
        ]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def is_undecided(self) -> bool:
        return self.status in (S.SUBMITTING, S.PENDING, S.UNKNOWN)

    @transition(field=status, source=S.REQUIRES_APPROVAL, target=S.CREATED)
    def approve(self) -> None:
        """A second person agreed to this very amount."""

    @transition(field=status, source=S.CREATED, target=S.SUBMITTING)
    def submit(self) -> None:
        """Row and key are on disk; the PSP is about to hear of it (again, with the same key)."""

    @transition(field=status, source=[S.SUBMITTING, S.UNKNOWN], target=S.CREATED)
    def unsend(self) -> None:
        """It certainly did not reach the PSP: it waits to be sent again."""

    @transition(field=status, source=[S.SUBMITTING, S.UNKNOWN], target=S.PENDING)
    def wait(self) -> None:
        """The PSP accepted it; the bank will answer later."""

    @transition(field=status, source=[S.SUBMITTING, S.PENDING, S.UNKNOWN], target=S.SUCCEEDED)
    def succeed(self) -> None:
        """The money is on its way back to the customer."""

    @transition(
        field=status,
        source=[S.REQUIRES_APPROVAL, S.CREATED, S.SUBMITTING, S.PENDING, S.UNKNOWN],
        target=S.FAILED,
    )
    def fail(self) -> None:
        """The PSP or the bank refused before any money moved."""

    @transition(field=status, source=S.SUCCEEDED, target=S.FAILED)
    def come_back(self) -> None:
        """The customer's bank returned the money: the ledger gets it back."""

    @transition(field=status, source=[S.SUBMITTING, S.PENDING, S.UNKNOWN], target=S.UNKNOWN)
    def lose_sight(self) -> None:
        """It may have happened."""

    @transition(field=status, source=[S.REQUIRES_APPROVAL, S.CREATED], target=S.CANCELED)
    def cancel(self) -> None:
        """Withdrawn before the PSP heard of it."""

    @transition(field=status, source=[S.FAILED, S.CANCELED], target=S.SUCCEEDED)
    def correct_to_succeeded(self) -> None:
        """By the word of two people: the money went back after all."""
