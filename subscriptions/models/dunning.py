"""Dunning: the policy of a merchant, and what came of it for each invoice."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django_fsm import FSMField, transition

from foundation import clock
from foundation.audit.history import PersonHistory
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key
from subscriptions.models.invoices import PaymentReason

DEFAULT_OFFSETS_DAYS = (0, 2, 7, 14, 21)


def default_offsets() -> list[int]:
    """Days after the first failure; day 0 is the first try itself."""
    return list(DEFAULT_OFFSETS_DAYS)


class EndAction(models.TextChoices):
    """What becomes of the subscription when the tries are used up."""

    CANCEL = "cancel"
    UNPAID = "unpaid"
    PAST_DUE = "past_due", "Stay past due"


class DisputeAction(models.TextChoices):
    """What becomes of a subscription whose payment is disputed; that no try is made any more goes without saying."""

    KEEP = "keep", "It goes on"
    PAUSE = "pause", "Collection is paused, invoices stay drafts"
    CANCEL = "cancel", "It is canceled"


class DunningPolicy(TenantModel):
    """When to try again, and how it ends. thresholds: minor units by currency below which nothing is tried.

    messages: the words for the customer, by the number of the try that failed as text, and "final" for the end.
    """

    public_prefix = "dunp"

    name = models.CharField(max_length=100)
    offsets_days = models.JSONField(default=default_offsets)
    end_action = models.CharField(max_length=8, choices=EndAction.choices, default=EndAction.CANCEL)
    invoice_uncollectible = models.BooleanField(
        default=False, help_text="On: the invoice is marked uncollectible at the end."
    )
    thresholds = models.JSONField(default=dict, blank=True)
    messages = models.JSONField(default=dict, blank=True)
    dispute_action = models.CharField(max_length=6, choices=DisputeAction.choices, default=DisputeAction.KEEP)
    resumes_when_won = models.BooleanField(
        default=True, help_text="What a dispute paused goes on when it is won."
    )
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    history = PersonHistory()

    class Meta(TenantModel.Meta):
        verbose_name = "dunning policy"
        verbose_name_plural = "dunning policies"
        ordering = ("name", "id")
        constraints = [
            tenant_key("dunning_policy"),
            models.UniqueConstraint(fields=["merchant", "name"], name="dunning_policy_name_once"),
        ]

    def __str__(self) -> str:
        return f"Dunning policy {self.name}"


class RunStatus(models.TextChoices):
    RUNNING = "running"
    RECOVERED = "recovered"
    EXHAUSTED = "exhausted"
    STOPPED = "stopped"


R = RunStatus


class DunningRun(TenantModel):
    """The tries for one invoice, by the offsets that its policy had when it began."""

    public_prefix = "dunr"

    invoice = models.ForeignKey(
        "subscriptions.Invoice", db_constraint=False, on_delete=models.PROTECT, related_name="dunning_runs"
    )
    policy = models.ForeignKey(
        DunningPolicy,
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="runs",
    )
    status = FSMField(default=R.RUNNING, choices=R.choices, protected=True)
    offsets_days = models.JSONField()
    end_action = models.CharField(max_length=8, choices=EndAction.choices)
    began_at = models.DateTimeField(help_text="When the first try failed.")
    tries_used = models.PositiveSmallIntegerField(default=1)
    next_try_at = models.DateTimeField(null=True, blank=True)
    # A hard decline: the schedule ticks, and nothing is charged before there is another method.
    needs_new_method = models.BooleanField(default=False)
    # Gateway errors in a row: they are no declines, and use nothing up.
    gateway_errors = models.PositiveSmallIntegerField(default=0)
    ended_at = models.DateTimeField(null=True, blank=True)
    stop_reason = models.CharField(max_length=32, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = "dunning run"
        ordering = ("-id",)
        constraints = [
            tenant_key("dunning_run"),
            same_merchant("dunning_run", "invoice", "subscriptions_invoice"),
            same_merchant("dunning_run", "policy", "subscriptions_dunningpolicy"),
            models.UniqueConstraint(
                fields=["merchant", "invoice"], condition=Q(status="running"), name="dunning_run_one_running"
            ),
        ]
        indexes = [
            models.Index(fields=["next_try_at"], condition=Q(status="running"), name="dunning_run_due"),
            models.Index(fields=["invoice"], name="dunning_run_invoice"),
        ]

    @transition(field=status, source=R.RUNNING, target=R.RECOVERED)
    def recover(self, at: datetime) -> None:
        """The invoice was paid."""
        self.ended_at = at
        self.next_try_at = None

    @transition(field=status, source=R.RUNNING, target=R.EXHAUSTED)
    def exhaust(self, at: datetime) -> None:
        """The last try failed: the end action follows."""
        self.ended_at = at
        self.next_try_at = None

    @transition(field=status, source=R.RUNNING, target=R.STOPPED)
    def stop(self, at: datetime, reason: str) -> None:
        """Canceled, voided, disputed or given up by a person."""
        self.ended_at = at
        self.next_try_at = None
        self.stop_reason = reason


class TryOutcome(models.TextChoices):
    """How a try ended; known when the row is written or with its payment, and never changed after."""

    STARTED = "started"
    SUCCEEDED = "succeeded"
    SOFT_DECLINE = "soft_decline"
    HARD_DECLINE = "hard_decline"
    GATEWAY_ERROR = "gateway_error"
    SKIPPED = "skipped", "Not charged: no method, or a hard decline before"


class DunningTry(TenantModel):
    """One step of a run: what was tried when, and why it did not work."""

    public_prefix = "dunt"

    run = models.ForeignKey(DunningRun, db_constraint=False, on_delete=models.PROTECT, related_name="tries")
    ordinal = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=10, choices=PaymentReason.choices)
    invoice_payment = models.ForeignKey(
        "subscriptions.InvoicePayment",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    outcome = models.CharField(max_length=13, choices=TryOutcome.choices, default=TryOutcome.STARTED)
    decline_code = models.CharField(max_length=64, blank=True)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "dunning try"
        verbose_name_plural = "dunning tries"
        ordering = ("ordinal",)
        constraints = [
            tenant_key("dunning_try"),
            same_merchant("dunning_try", "run", "subscriptions_dunningrun"),
            same_merchant("dunning_try", "invoice_payment", "subscriptions_invoicepayment"),
            models.UniqueConstraint(fields=["merchant", "run", "ordinal"], name="dunning_try_ordinal_once"),
        ]
