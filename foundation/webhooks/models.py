"""Outgoing webhooks: endpoints, one delivery per (endpoint, event), and the log of every try.

Deliveries are made by fan_out.py and tried by operations/deliver_webhook.py. What comes in from PSPs lives in
payments/psp_webhooks.
"""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django_fsm import FSMField, transition

from foundation import clock
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key

RESPONSE_EXCERPT_CHARACTERS = 2_048


class WebhookEndpoint(TenantModel):
    """Where a merchant wants to hear of events, and the secret that proves it was us."""

    public_prefix = "we"

    class Status(models.TextChoices):
        ENABLED = "enabled"
        DISABLED = "disabled"

    url = models.CharField(max_length=2048)
    enabled_events = models.JSONField(help_text='Event types; ["*"] for all.')
    description = models.CharField(max_length=5000, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    api_version = models.CharField(max_length=32)
    status = FSMField(choices=Status.choices, default=Status.ENABLED, protected=True)
    disabled_reason = models.CharField(max_length=200, blank=True)
    failing_since = models.DateTimeField(null=True, blank=True, editable=False)
    secret_encrypted = models.TextField(editable=False)
    previous_secret_encrypted = models.TextField(blank=True, editable=False)
    previous_secret_expires_at = models.DateTimeField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    # Deliveries and their log keep pointing here, so an endpoint is never deleted, only hidden.
    deleted_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "webhook endpoint"
        ordering = ("-id",)
        constraints = [tenant_key("webhook_endpoint")]
        indexes = [
            models.Index(
                fields=["merchant"],
                name="webhook_endpoint_listening",
                condition=Q(status="enabled", deleted_at__isnull=True),
            ),
        ]

    @transition(field=status, source=Status.ENABLED, target=Status.DISABLED)
    def disable(self, *, reason: str) -> None:
        self.disabled_reason = reason

    @transition(field=status, source=Status.DISABLED, target=Status.ENABLED)
    def enable(self) -> None:
        self.disabled_reason = ""
        self.failing_since = None


class WebhookDelivery(TenantModel):
    """One event on its way to one endpoint, through all its tries."""

    public_prefix = "whd"

    class Status(models.TextChoices):
        PENDING = "pending"
        SUCCEEDED = "succeeded"
        FAILED = "failed"

    endpoint = models.ForeignKey(
        "foundation.WebhookEndpoint",
        db_constraint=False,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="deliveries",
    )
    event = models.ForeignKey(
        "foundation.Event",
        db_constraint=False,
        db_index=False,
        on_delete=models.PROTECT,
        related_name="deliveries",
    )
    # Copies of the event's: the question "is an older one of this object still on its way?" is one index
    # look-up.
    object_id = models.UUIDField(editable=False)
    event_position = models.BigIntegerField(editable=False)
    status = FSMField(choices=Status.choices, default=Status.PENDING, protected=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True, blank=True)
    last_status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    finished_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "webhook delivery"
        verbose_name_plural = "webhook deliveries"
        ordering = ("-id",)
        constraints = [
            tenant_key("webhook_delivery"),
            same_merchant("webhook_delivery", "endpoint", "foundation_webhookendpoint"),
            same_merchant("webhook_delivery", "event", "foundation_event"),
            models.UniqueConstraint(fields=["merchant", "event", "endpoint"], name="webhook_delivery_once"),
        ]
        indexes = [
            models.Index(
                fields=["endpoint", "object_id", "event_position"],
                name="webhook_delivery_in_order",
                condition=Q(status="pending"),
            ),
            models.Index(
                fields=["next_attempt_at"], name="webhook_delivery_pending", condition=Q(status="pending")
            ),
            models.Index(fields=["endpoint", "-id"], name="webhook_delivery_of_endpoint"),
        ]

    @transition(field=status, source=Status.PENDING, target=Status.SUCCEEDED)
    def succeed(self, *, at: datetime) -> None:
        self.next_attempt_at = None
        self.finished_at = at

    @transition(field=status, source=Status.PENDING, target=Status.FAILED)
    def fail(self, *, at: datetime) -> None:
        self.next_attempt_at = None
        self.finished_at = at

    @transition(field=status, source=[Status.SUCCEEDED, Status.FAILED], target=Status.PENDING)
    def send_again(self, *, at: datetime) -> None:
        self.attempts = 0
        self.next_attempt_at = at
        self.finished_at = None


class DeliveryAttempt(TenantModel):
    """One try, as it went. Append-only: a trigger refuses UPDATE, DELETE and TRUNCATE."""

    public_prefix = "wha"

    delivery = models.ForeignKey(
        "foundation.WebhookDelivery", db_constraint=False, on_delete=models.PROTECT, related_name="tries"
    )
    attempt = models.PositiveSmallIntegerField()
    status_code = models.PositiveSmallIntegerField(null=True, blank=True)
    error = models.CharField(max_length=500, blank=True)
    latency_ms = models.PositiveIntegerField(null=True, blank=True)
    response_excerpt = models.CharField(max_length=RESPONSE_EXCERPT_CHARACTERS, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "delivery attempt"
        ordering = ("-id",)
        constraints = [same_merchant("delivery_attempt", "delivery", "foundation_webhookdelivery")]
