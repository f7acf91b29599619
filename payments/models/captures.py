"""Captures: money taken on an authorization; one row per movement, with its own key and state."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django_fsm import FSMField, transition

from foundation import clock
from foundation.money import Money
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key


class CaptureStatus(models.TextChoices):
    CREATED = "created"
    SUBMITTING = "submitting"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"
    RETURNED = "returned"


S = CaptureStatus
NEVER_SENT = "not_sent"
"""The failure code of a capture that certainly did not happen; any other is the PSP's refusal."""


class Capture(TenantModel):
    """Amount and fee in minor units of `currency`. An automatic charge has one, made when it succeeds."""

    public_prefix = "cap"

    attempt = models.ForeignKey(
        "payments.PaymentAttempt", db_constraint=False, on_delete=models.PROTECT, related_name="captures"
    )
    status = FSMField(default=S.CREATED, choices=S.choices, protected=True)
    amount_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField(null=True, blank=True, help_text="Null until the PSP has said it.")
    currency = models.CharField(max_length=3)
    is_final = models.BooleanField(default=True, help_text="On: what is not captured now is released.")
    psp_key = models.CharField(max_length=64, editable=False)
    psp_reference = models.CharField(max_length=255, blank=True)
    failure_code = models.CharField(max_length=64, blank=True)
    unknown_reason = models.CharField(max_length=255, blank=True)
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

    class Meta(TenantModel.Meta):
        verbose_name = "capture"
        ordering = ("-id",)
        constraints = [
            tenant_key("capture"),
            same_merchant("capture", "attempt", "payments_paymentattempt"),
            models.UniqueConstraint(fields=["merchant", "psp_key"], name="capture_key_once"),
            # Two agents pressing Capture together: one movement at a time per authorization.
            models.UniqueConstraint(
                fields=["merchant", "attempt"],
                condition=Q(status__in=["created", "submitting", "pending", "unknown"]),
                name="capture_one_undecided_per_attempt",
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="capture_amount_positive"),
        ]
        indexes = [
            models.Index(fields=["attempt"], name="capture_attempt"),
            models.Index(
                fields=["next_check_at"], condition=Q(next_check_at__isnull=False), name="capture_due_check"
            ),
        ]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def is_undecided(self) -> bool:
        return self.status in (S.CREATED, S.SUBMITTING, S.PENDING, S.UNKNOWN)

    @transition(field=status, source=S.CREATED, target=S.SUBMITTING)
    def submit(self) -> None:
        """Row and key are on disk; the PSP is about to hear of it (again, with the same key)."""

    @transition(field=status, source=[S.CREATED, S.SUBMITTING, S.PENDING, S.UNKNOWN], target=S.SUCCEEDED)
    def succeed(self) -> None:
        """The PSP took the money."""

    @transition(field=status, source=[S.CREATED, S.SUBMITTING, S.PENDING, S.UNKNOWN], target=S.FAILED)
    def fail(self) -> None:
        """The PSP refused, or it is proven that nothing was taken."""

    @transition(field=status, source=[S.SUBMITTING, S.UNKNOWN], target=S.PENDING)
    def wait(self) -> None:
        """The PSP accepted it and will tell later whether it took the money."""

    @transition(field=status, source=S.FAILED, target=S.CREATED)
    def try_again(self) -> None:
        """It certainly never reached the PSP, and is asked for once more under the same id and key."""

    @property
    def was_never_sent(self) -> bool:
        return self.status == S.FAILED and self.failure_code == NEVER_SENT

    @transition(field=status, source=[S.SUBMITTING, S.UNKNOWN], target=S.UNKNOWN)
    def lose_sight(self) -> None:
        """It may have happened."""

    @transition(field=status, source=S.SUCCEEDED, target=S.RETURNED)
    def come_back(self) -> None:
        """The bank took the money back: the ledger gives it back."""

    @transition(field=status, source=S.FAILED, target=S.SUCCEEDED)
    def correct_to_succeeded(self) -> None:
        """By the word of two people: the PSP took the money after all."""
