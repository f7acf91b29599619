"""Schedules: changes that a subscription will make later, phase by phase."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition

from foundation import clock
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key


class ScheduleStatus(models.TextChoices):
    NOT_STARTED = "not_started"
    ACTIVE = "active"
    COMPLETED = "completed"
    RELEASED = "released"
    CANCELED = "canceled"


S = ScheduleStatus
OPEN = [S.NOT_STARTED, S.ACTIVE]


class SubscriptionSchedule(TenantModel):
    """At most one open schedule per subscription; a change at the period's end is one with two phases."""

    public_prefix = "sub_sched"

    customer = models.ForeignKey(
        "payments.Customer", db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    subscription = models.ForeignKey(
        "subscriptions.Subscription",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="schedules",
    )
    status = FSMField(default=S.NOT_STARTED, choices=S.choices, protected=True)
    end_behavior = models.CharField(
        max_length=7, default="release", choices=[("release", "release"), ("cancel", "cancel")]
    )
    metadata = models.JSONField(default=dict, blank=True)
    # Of one that begins a subscription: collection_method, days_until_due, default_payment_method, description.
    settings = models.JSONField(default=dict, blank=True)
    # The id of the subscription that it begins, drawn before that is written: what died in between goes on.
    begins_id = models.UUIDField(null=True, blank=True, editable=False)
    # When the next phase begins, or the last one ends; null when nothing is left to do. Beat looks at it.
    next_phase_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "subscription schedule"
        ordering = ("-id",)
        constraints = [
            tenant_key("subscription_schedule"),
            same_merchant("subscription_schedule", "customer", "payments_customer"),
            same_merchant("subscription_schedule", "subscription", "subscriptions_subscription"),
            models.UniqueConstraint(
                fields=["merchant", "subscription"],
                condition=Q(status__in=["not_started", "active"]),
                name="subscription_schedule_one_open",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_phase_at"],
                condition=Q(next_phase_at__isnull=False),
                name="subscription_schedule_due",
            ),
            models.Index(fields=["subscription"], name="subscription_schedule_parent"),
        ]

    @transition(field=status, source=S.NOT_STARTED, target=S.ACTIVE)
    def start(self) -> None:
        """Its first phase has begun."""

    @transition(field=status, source=S.ACTIVE, target=S.COMPLETED)
    def complete(self, at: datetime) -> None:
        """Its last phase is over, and the subscription with it."""
        self.ended_at = at
        self.next_phase_at = None

    @transition(field=status, source=OPEN, target=S.RELEASED)
    def release(self, at: datetime) -> None:
        """The subscription goes on as it is, on its own."""
        self.ended_at = at
        self.next_phase_at = None

    @transition(field=status, source=OPEN, target=S.CANCELED)
    def cancel(self, at: datetime) -> None:
        """Nothing of what was planned happens any more."""
        self.ended_at = at
        self.next_phase_at = None


class SchedulePhase(TenantModel):
    """What the subscription is from starts_at on.

    items: [{"subscription_item"?, "price", "quantity"}]; a quantity of null keeps what the item has then, so that a
    scheduled change of price survives a change of seats.
    """

    public_prefix = "phase"

    schedule = models.ForeignKey(
        SubscriptionSchedule, db_constraint=False, on_delete=models.PROTECT, related_name="phases"
    )
    ordinal = models.PositiveSmallIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    items = models.JSONField()
    proration_behavior = models.CharField(max_length=20, default="create_prorations")
    metadata = models.JSONField(default=dict, blank=True)
    applied_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = "phase"
        ordering = ("ordinal",)
        constraints = [
            tenant_key("schedule_phase"),
            same_merchant("schedule_phase", "schedule", "subscriptions_subscriptionschedule"),
            models.UniqueConstraint(
                fields=["merchant", "schedule", "ordinal"], name="schedule_phase_ordinal_once"
            ),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="schedule_phase_in_order",
            ),
        ]
