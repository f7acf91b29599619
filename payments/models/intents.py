"""Payment intents: what the caller wants. The status follows from the attempts (payments/models/intent_status.py)."""

from __future__ import annotations

from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper
from django_fsm import FSMField, transition

from foundation import clock
from foundation.audit.history import PersonHistory
from foundation.money import Money
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key


class IntentStatus(models.TextChoices):
    """Stripe's vocabulary. Only succeeded and canceled end."""

    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    REQUIRES_CAPTURE = "requires_capture"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


class CaptureMethod(models.TextChoices):
    AUTOMATIC = "automatic"
    MANUAL = "manual"


class Settles(models.TextChoices):
    """What a capture is booked against: a sale of its own, or what an invoice has booked as owed already."""

    SALE = "sale"
    RECEIVABLE = "receivable"


S = IntentStatus
OPEN = [
    S.REQUIRES_PAYMENT_METHOD,
    S.REQUIRES_CONFIRMATION,
    S.REQUIRES_ACTION,
    S.PROCESSING,
    S.REQUIRES_CAPTURE,
]


class PaymentIntent(TenantModel):
    """One purchase that a merchant wants paid. Amounts in minor units of `currency`."""

    public_prefix = "pi"

    customer = models.ForeignKey(
        "payments.Customer",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="payment_intents",
    )
    payment_method = models.ForeignKey(
        "payments.PaymentMethod",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    latest_attempt = models.ForeignKey(
        "payments.PaymentAttempt",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    amount_minor = models.BigIntegerField()
    amount_capturable_minor = models.BigIntegerField(default=0)
    amount_received_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    status = FSMField(default=S.REQUIRES_PAYMENT_METHOD, choices=S.choices, protected=True)
    capture_method = models.CharField(
        max_length=16, choices=CaptureMethod.choices, default=CaptureMethod.AUTOMATIC
    )
    settles = models.CharField(max_length=10, choices=Settles.choices, default=Settles.SALE, editable=False)
    off_session = models.BooleanField(default=False)
    setup_future_usage = models.CharField(max_length=16, blank=True)
    return_url = models.CharField(max_length=2048, blank=True)
    description = models.CharField(max_length=1000, blank=True)
    statement_descriptor = models.CharField(max_length=22, blank=True)
    statement_descriptor_suffix = models.CharField(max_length=22, blank=True)
    receipt_email = models.CharField(max_length=512, blank=True)
    shipping = models.JSONField(null=True, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    automatic_payment_methods = models.JSONField(null=True, blank=True)
    payment_method_types = models.JSONField(default=list)
    client_secret_suffix = models.CharField(max_length=32, editable=False)
    last_payment_error = models.JSONField(null=True, blank=True)
    next_action = models.JSONField(null=True, blank=True)
    cancellation_reason = models.CharField(max_length=32, blank=True)
    canceled_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    # Grows with every change under the row lock: what an approval is bound to.
    version = models.PositiveIntegerField(default=0)
    # What an agent may search for: ids, order, e-mail, last four. Filled by the operations.
    search_text = models.TextField(blank=True, editable=False)
    request_id = models.CharField(max_length=40, blank=True, editable=False)
    trace_id = models.CharField(max_length=32, blank=True, editable=False)

    history = PersonHistory()

    class Meta(TenantModel.Meta):
        verbose_name = "payment"
        ordering = ("-id",)
        constraints = [
            tenant_key("payment_intent"),
            same_merchant("payment_intent", "customer", "payments_customer"),
            same_merchant("payment_intent", "payment_method", "payments_paymentmethod"),
            same_merchant("payment_intent", "latest_attempt", "payments_paymentattempt"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payment_intent_amount_positive"),
            models.CheckConstraint(
                condition=Q(canceled_at__isnull=False) | ~Q(status="canceled"),
                name="payment_intent_canceled_has_an_instant",
            ),
            models.CheckConstraint(
                condition=Q(amount_capturable_minor__gte=0) & Q(amount_received_minor__gte=0),
                name="payment_intent_amounts_not_negative",
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "-id"], name="payment_intent_newest"),
            models.Index(fields=["merchant", "status", "-id"], name="payment_intent_by_status"),
            models.Index(fields=["customer", "-id"], name="payment_intent_by_customer"),
            models.Index(F("merchant"), F("amount_minor"), name="payment_intent_by_amount"),
            GinIndex(OpClass(Upper("search_text"), name="gin_trgm_ops"), name="payment_intent_search"),
        ]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def client_secret(self) -> str:
        return f"{self.public_id}_secret_{self.client_secret_suffix}"

    # The arrows. Which one is taken is decided by derive_intent_status from the attempts.

    @transition(field=status, source=OPEN, target=S.REQUIRES_PAYMENT_METHOD)
    def ask_for_payment_method(self) -> None:
        """Declined, or no method yet: the caller may offer another one."""

    @transition(field=status, source=OPEN, target=S.REQUIRES_CONFIRMATION)
    def ask_for_confirmation(self) -> None:
        """A method is there, or the last try certainly did not reach the PSP: the caller may confirm."""

    @transition(field=status, source=OPEN, target=S.REQUIRES_ACTION)
    def ask_for_action(self) -> None:
        """The customer must do something at the PSP, such as 3-D Secure."""

    @transition(field=status, source=OPEN, target=S.PROCESSING)
    def wait_for_psp(self) -> None:
        """The PSP is being asked, or its answer is pending or unknown."""

    @transition(field=status, source=OPEN, target=S.REQUIRES_CAPTURE)
    def ask_for_capture(self) -> None:
        """Authorized; the money is held until it is captured, voided or expires."""

    @transition(field=status, source=OPEN, target=S.SUCCEEDED)
    def succeed(self) -> None:
        """Captured in full, or in part with the rest released."""

    @transition(field=status, source=OPEN, target=S.CANCELED)
    def cancel(self) -> None:
        """Given up before any money moved, or the authorization was voided or expired."""

    @transition(field=status, source=S.SUCCEEDED, target=S.REQUIRES_PAYMENT_METHOD)
    def lose_payment(self) -> None:
        """The bank took the money back: the purchase is unpaid again."""

    @transition(field=status, source=S.CANCELED, target=S.SUCCEEDED)
    def correct_to_succeeded(self) -> None:
        """By the word of two people: it was paid after all."""

    @transition(field=status, source=S.CANCELED, target=S.REQUIRES_CAPTURE)
    def correct_to_requires_capture(self) -> None:
        """By the word of two people: the amount is held after all."""
