"""Setup intents: a payment method made ready for later, off-session charges. No money moves."""

from __future__ import annotations

from django.db import models
from django_fsm import FSMField, transition

from foundation import clock
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key


class SetupIntentStatus(models.TextChoices):
    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


S = SetupIntentStatus
OPEN = [S.REQUIRES_PAYMENT_METHOD, S.REQUIRES_CONFIRMATION, S.REQUIRES_ACTION, S.PROCESSING]


class SetupIntent(TenantModel):
    public_prefix = "seti"

    customer = models.ForeignKey(
        "payments.Customer",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    payment_method = models.ForeignKey(
        "payments.PaymentMethod",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    psp_account = models.ForeignKey(
        "payments.PspAccount",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    status = FSMField(default=S.REQUIRES_PAYMENT_METHOD, choices=S.choices, protected=True)
    mandate = models.ForeignKey(
        "payments.Mandate",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    usage = models.CharField(max_length=16, default="off_session")
    description = models.CharField(max_length=1000, blank=True)
    return_url = models.CharField(max_length=2048, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    payment_method_types = models.JSONField(default=list)
    automatic_payment_methods = models.JSONField(null=True, blank=True)
    client_secret_suffix = models.CharField(max_length=32, editable=False)
    # A new key for each confirmation; the PSP sees every one at most once.
    psp_key = models.CharField(max_length=64, blank=True, editable=False)
    psp_reference = models.CharField(max_length=255, blank=True)
    last_setup_error = models.JSONField(null=True, blank=True)
    next_action = models.JSONField(null=True, blank=True)
    cancellation_reason = models.CharField(max_length=32, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    next_check_at = models.DateTimeField(null=True, blank=True)
    submitted_at = models.DateTimeField(null=True, blank=True)
    checks = models.PositiveIntegerField(default=0)
    request_id = models.CharField(max_length=40, blank=True, editable=False)
    trace_id = models.CharField(max_length=32, blank=True, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "setup intent"
        ordering = ("-id",)
        constraints = [
            tenant_key("setup_intent"),
            same_merchant("setup_intent", "customer", "payments_customer"),
            same_merchant("setup_intent", "payment_method", "payments_paymentmethod"),
            same_merchant("setup_intent", "psp_account", "payments_pspaccount"),
            same_merchant("setup_intent", "mandate", "payments_mandate"),
        ]
        indexes = [models.Index(fields=["merchant", "-id"], name="setup_intent_newest")]

    @property
    def client_secret(self) -> str:
        return f"{self.public_id}_secret_{self.client_secret_suffix}"

    @transition(
        field=status,
        source=[S.REQUIRES_PAYMENT_METHOD, S.REQUIRES_CONFIRMATION],
        target=S.REQUIRES_CONFIRMATION,
    )
    def ask_for_confirmation(self) -> None:
        """A method is there."""

    @transition(
        field=status,
        source=[S.REQUIRES_PAYMENT_METHOD, S.REQUIRES_CONFIRMATION, S.REQUIRES_ACTION],
        target=S.PROCESSING,
    )
    def submit(self) -> None:
        """Row and key are on disk; the PSP is about to hear of it."""

    @transition(field=status, source=[S.PROCESSING], target=S.REQUIRES_ACTION)
    def require_action(self) -> None:
        """The customer must authenticate first."""

    @transition(field=status, source=OPEN, target=S.SUCCEEDED)
    def succeed(self) -> None:
        """The method may be charged later."""

    @transition(field=status, source=OPEN, target=S.REQUIRES_PAYMENT_METHOD)
    def decline(self) -> None:
        """The issuer said no; another method may be offered."""

    @transition(field=status, source=OPEN, target=S.CANCELED)
    def cancel(self) -> None:
        """Given up."""
