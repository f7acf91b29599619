"""PSP accounts (a merchant's credentials at a PSP), the log of calls to PSPs, and the inbox of their webhooks."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from foundation import clock
from foundation.audit.history import PersonHistory
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key


class PspAccount(TenantModel):
    """Credentials, limits and deadlines at one PSP. Secrets are sealed by the vault and never shown again."""

    public_prefix = "psp"

    psp = models.CharField(max_length=16, choices=[("stripe", "Stripe"), ("adyen", "Adyen")])
    name = models.CharField(max_length=100)
    secret_key_encrypted = models.TextField(editable=False)
    webhook_secret_encrypted = models.TextField(editable=False)
    previous_webhook_secret_encrypted = models.TextField(blank=True, editable=False)
    base_url = models.CharField(max_length=255, blank=True, help_text="Empty: the PSP's own host.")
    is_active = models.BooleanField(default=True)
    priority = models.PositiveSmallIntegerField(default=100, help_text="The lowest number is chosen first.")
    currencies = models.JSONField(default=list, blank=True, help_text="ISO codes, lower case; empty: all.")
    payment_method_types = models.JSONField(default=list, blank=True, help_text="Empty: all.")
    manual_capture = models.BooleanField(
        default=True, help_text="Takes authorizations that are captured later."
    )
    # [{"bps", "fixed_minor"?, "currency"?, "brand"?, "country"?}], read by payments/routing/costs.py.
    cost_model = models.JSONField(default=list, blank=True)
    # Beyond it, "not found" proves that a call did not happen.
    maximum_report_delay_seconds = models.PositiveIntegerField(default=3_600)
    idempotency_window_seconds = models.PositiveIntegerField(default=86_400)
    deadline_seconds = models.PositiveSmallIntegerField(default=8)
    deadlines = models.JSONField(
        default=dict,
        blank=True,
        help_text='Other deadlines in seconds by operation, such as {"capture": 12}.',
    )
    calls_per_second = models.PositiveSmallIntegerField(
        default=0, help_text="What the PSP allows us; calls beyond it wait or are not sent. 0: no limit."
    )
    soft_decline_retries = models.PositiveSmallIntegerField(
        default=0,
        help_text="How often an off-session charge is tried again by itself after a soft decline. "
        "0: the caller decides.",
    )
    authorization_days = models.PositiveSmallIntegerField(default=7)
    settlement_days = models.PositiveSmallIntegerField(default=2)
    settings = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    history = PersonHistory(
        excluded_fields=[
            "secret_key_encrypted",
            "webhook_secret_encrypted",
            "previous_webhook_secret_encrypted",
        ]
    )

    class Meta(TenantModel.Meta):
        verbose_name = "PSP account"
        ordering = ("priority", "id")
        constraints = [
            tenant_key("psp_account"),
            models.UniqueConstraint(fields=["merchant", "name"], name="psp_account_name_once"),
        ]

    def __str__(self) -> str:
        return f"PSP account {self.name}"


class PspCall(TenantModel):
    """One request to a PSP, scrubbed of secrets and personal data. Append-only."""

    public_prefix = "call"

    psp_account = models.ForeignKey(
        PspAccount, db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    subject_kind = models.CharField(
        max_length=16, help_text="attempt, capture, refund, setup_intent, payout, psp_account or token."
    )
    subject_id = models.UUIDField()
    payment_intent_id = models.UUIDField(null=True, blank=True)
    operation = models.CharField(max_length=24)
    psp_key = models.CharField(max_length=64, blank=True)
    request = models.JSONField(default=dict)
    answer = models.JSONField(null=True, blank=True)
    http_status = models.PositiveSmallIntegerField(null=True, blank=True)
    outcome = models.CharField(max_length=24)
    latency_ms = models.PositiveIntegerField()
    request_id = models.CharField(max_length=40, blank=True)
    trace_id = models.CharField(max_length=32, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "PSP call"
        ordering = ("-id",)
        constraints = [
            tenant_key("psp_call"),
            same_merchant("psp_call", "psp_account", "payments_pspaccount"),
        ]
        indexes = [
            models.Index(fields=["payment_intent_id"], name="psp_call_by_intent"),
            models.Index(
                fields=["subject_id"],
                condition=Q(payment_intent_id__isnull=True),
                name="psp_call_without_intent",
            ),
        ]


class PspWebhook(TenantModel):
    """The inbox: what a PSP told us, kept as it came. One row per event id and account."""

    public_prefix = "whin"

    psp_account = models.ForeignKey(
        PspAccount, db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    event_id = models.CharField(max_length=255)
    event_type = models.CharField(max_length=100)
    psp_reference = models.CharField(max_length=255, blank=True)
    body = models.TextField()
    headers = models.JSONField(default=dict)
    received_at = models.DateTimeField(default=clock.now, editable=False)
    handled_at = models.DateTimeField(null=True, blank=True)
    result = models.CharField(max_length=64, blank=True, help_text="What handling it came to.")
    told = models.CharField(max_length=24, blank=True, help_text="The outcome that the event itself states.")
    error = models.CharField(max_length=1000, blank=True)
    payment_intent_id = models.UUIDField(null=True, blank=True)
    request_id = models.CharField(max_length=40, blank=True)
    trace_id = models.CharField(max_length=32, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = "PSP webhook"
        ordering = ("-id",)
        constraints = [
            tenant_key("psp_webhook"),
            same_merchant("psp_webhook", "psp_account", "payments_pspaccount"),
            models.UniqueConstraint(fields=["merchant", "psp_account", "event_id"], name="psp_webhook_once"),
        ]
        indexes = [
            models.Index(fields=["payment_intent_id"], name="psp_webhook_by_intent"),
            models.Index(
                fields=["received_at"], condition=Q(handled_at__isnull=True), name="psp_webhook_unhandled"
            ),
        ]
