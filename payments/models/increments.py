"""Increments: a larger amount asked of an authorization that stands; one row per wish, with its own key and state."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition

from foundation import clock
from foundation.money import Money
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key


class IncrementStatus(models.TextChoices):
    CREATED = "created"
    SUBMITTING = "submitting"
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


S = IncrementStatus
UNDECIDED = [S.CREATED, S.SUBMITTING, S.PENDING, S.UNKNOWN]


class AuthorizationIncrement(TenantModel):
    """amount_minor: what is to be authorized in all, in minor units of `currency`; before_minor: what was."""

    public_prefix = "inc"

    attempt = models.ForeignKey(
        "payments.PaymentAttempt", db_constraint=False, on_delete=models.PROTECT, related_name="increments"
    )
    status = FSMField(default=S.CREATED, choices=S.choices, protected=True)
    amount_minor = models.BigIntegerField()
    before_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    psp_key = models.CharField(max_length=64, editable=False)
    psp_reference = models.CharField(max_length=255, blank=True)
    failure_code = models.CharField(max_length=64, blank=True)
    decline_code = models.CharField(max_length=64, blank=True)
    unknown_reason = models.CharField(max_length=255, blank=True)
    requested_by = models.CharField(max_length=128, blank=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    submitted_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    next_check_at = models.DateTimeField(null=True, blank=True)
    checks = models.PositiveIntegerField(default=0)
    request_id = models.CharField(max_length=40, blank=True, editable=False)
    trace_id = models.CharField(max_length=32, blank=True, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "authorization increment"
        ordering = ("-id",)
        constraints = [
            tenant_key("increment"),
            same_merchant("increment", "attempt", "payments_paymentattempt"),
            models.UniqueConstraint(fields=["merchant", "psp_key"], name="increment_key_once"),
            models.UniqueConstraint(
                fields=["merchant", "attempt"],
                condition=Q(status__in=["created", "submitting", "pending", "unknown"]),
                name="increment_one_undecided_per_attempt",
            ),
            models.CheckConstraint(
                condition=Q(amount_minor__gt=F("before_minor")) & Q(before_minor__gt=0),
                name="increment_raises_the_amount",
            ),
        ]
        indexes = [
            models.Index(fields=["attempt"], name="increment_attempt"),
            models.Index(
                fields=["next_check_at"], condition=Q(next_check_at__isnull=False), name="increment_due_check"
            ),
        ]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def is_undecided(self) -> bool:
        return self.status in UNDECIDED

    @transition(field=status, source=S.CREATED, target=S.SUBMITTING)
    def submit(self) -> None:
        """Row and key are on disk; the PSP is about to hear of it."""

    @transition(field=status, source=[S.SUBMITTING, S.UNKNOWN], target=S.PENDING)
    def wait(self) -> None:
        """The PSP accepted it and will tell later whether the issuer did."""

    @transition(field=status, source=UNDECIDED, target=S.SUCCEEDED)
    def succeed(self) -> None:
        """The issuer holds the larger amount."""

    @transition(field=status, source=UNDECIDED, target=S.FAILED)
    def fail(self) -> None:
        """The PSP refused, or it is proven that it did not happen: the old amount stays held."""

    @transition(field=status, source=[S.SUBMITTING, S.UNKNOWN], target=S.UNKNOWN)
    def lose_sight(self) -> None:
        """The issuer may hold the larger amount."""
