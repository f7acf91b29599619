"""Payment attempts: one try at one PSP, with our key on disk before the PSP hears of it. Shown as `charge`."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition

from foundation import clock
from foundation.money import Money
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key
from payments.models.customers import TokenKind


class AttemptStatus(models.TextChoices):
    CREATED = "created"
    SUBMITTING = "submitting"
    REQUIRES_ACTION = "requires_action"
    AUTHORIZED = "authorized"
    PARTIALLY_CAPTURED = "partially_captured"
    SUCCEEDED = "succeeded"
    PENDING = "pending"
    DECLINED = "declined"
    NOT_SENT = "not_sent"
    UNKNOWN = "unknown"
    VOIDED = "voided"
    EXPIRED = "expired"
    RETURNED = "returned"


S = AttemptStatus
UNDECIDED = [S.SUBMITTING, S.REQUIRES_ACTION, S.PENDING, S.UNKNOWN]
LIVE_ATTEMPT_STATES = [S.CREATED, *UNDECIDED, S.AUTHORIZED, S.PARTIALLY_CAPTURED, S.SUCCEEDED]
"""States in which a second try would risk a second charge: the database allows one such attempt per intent."""
CAPTURABLE = [S.AUTHORIZED, S.PARTIALLY_CAPTURED]
ENDED_WITHOUT_MONEY = [S.DECLINED, S.NOT_SENT, S.VOIDED, S.EXPIRED]


class PaymentAttempt(TenantModel):
    """Amounts in minor units of `currency`; `psp_key` is our idempotency key at the PSP and never changes."""

    public_prefix = "ch"

    payment_intent = models.ForeignKey(
        "payments.PaymentIntent", db_constraint=False, on_delete=models.PROTECT, related_name="attempts"
    )
    ordinal = models.PositiveSmallIntegerField(help_text="1 for the intent's first try.")
    psp_account = models.ForeignKey(
        "payments.PspAccount", db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    payment_method = models.ForeignKey(
        "payments.PaymentMethod", db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    mandate = models.ForeignKey(
        "payments.Mandate",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The customer's leave that an off-session charge rests on, or that this charge obtained.",
    )
    token_kind = models.CharField(
        max_length=8,
        choices=TokenKind.choices,
        default=TokenKind.PSP,
        help_text="Which kind of the method's tokens is charged.",
    )
    status = FSMField(default=S.CREATED, choices=S.choices, protected=True)
    amount_minor = models.BigIntegerField()
    amount_captured_minor = models.BigIntegerField(default=0)
    amount_refunded_minor = models.BigIntegerField(default=0)
    fee_minor = models.BigIntegerField(default=0)
    is_disputed = models.BooleanField(default=False, help_text="Has ever been disputed or asked about.")
    currency = models.CharField(max_length=3)
    capture_method = models.CharField(max_length=16)
    off_session = models.BooleanField(default=False)
    in_background = models.BooleanField(
        default=False, help_text="On: nobody waits for the answer, a worker makes the call."
    )
    psp_key = models.CharField(max_length=64, editable=False)
    psp_reference = models.CharField(max_length=255, blank=True)
    psp_charge_reference = models.CharField(max_length=255, blank=True)
    error_code = models.CharField(max_length=64, blank=True)
    decline_code = models.CharField(max_length=64, blank=True)
    network_advice_code = models.CharField(max_length=8, blank=True)
    unknown_reason = models.CharField(max_length=255, blank=True)
    # AVS, CVC and 3-D Secure results, network, brand and last four as the PSP saw them; Stripe's words.
    card_facts = models.JSONField(default=dict, blank=True)
    network_transaction_id = models.CharField(max_length=64, blank=True)
    authorization_code = models.CharField(max_length=32, blank=True)
    latency_ms = models.PositiveIntegerField(null=True, blank=True)
    next_action = models.JSONField(null=True, blank=True)
    # A void is asked for on the attempt itself; it is unresolved while void_requested_at is set and no end is reached.
    void_key = models.CharField(max_length=64, blank=True, editable=False)
    void_requested_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    submitted_at = models.DateTimeField(null=True, blank=True)
    decided_at = models.DateTimeField(
        null=True, blank=True, help_text="When a definite outcome was recorded."
    )
    authorization_expires_at = models.DateTimeField(null=True, blank=True)
    # When resolve_unknown looks next; null once nothing is in doubt. checks counts the looks.
    next_check_at = models.DateTimeField(null=True, blank=True)
    checks = models.PositiveIntegerField(default=0)
    # The entry of the newest capture: the charge's balance transaction.
    ledger_entry_id = models.UUIDField(null=True, blank=True, editable=False)
    request_id = models.CharField(max_length=40, blank=True, editable=False)
    trace_id = models.CharField(max_length=32, blank=True, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "charge"
        ordering = ("-id",)
        constraints = [
            tenant_key("payment_attempt"),
            same_merchant("payment_attempt", "payment_intent", "payments_paymentintent"),
            same_merchant("payment_attempt", "psp_account", "payments_pspaccount"),
            same_merchant("payment_attempt", "payment_method", "payments_paymentmethod"),
            same_merchant("payment_attempt", "mandate", "payments_mandate"),
            models.UniqueConstraint(
                fields=["merchant", "payment_intent", "ordinal"], name="payment_attempt_ordinal_once"
            ),
            models.UniqueConstraint(
                fields=["merchant", "payment_intent"],
                condition=Q(status__in=LIVE_ATTEMPT_STATES),
                name="payment_attempt_one_live_per_intent",
            ),
            models.UniqueConstraint(fields=["merchant", "psp_key"], name="payment_attempt_key_once"),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="payment_attempt_amount_positive"),
            models.CheckConstraint(
                condition=Q(amount_refunded_minor__lte=F("amount_captured_minor")),
                name="payment_attempt_refunds_within_captures",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_check_at"],
                condition=Q(next_check_at__isnull=False),
                name="payment_attempt_due_check",
            ),
            models.Index(
                fields=["authorization_expires_at"],
                condition=Q(
                    authorization_expires_at__isnull=False, status__in=["authorized", "partially_captured"]
                ),
                name="payment_attempt_due_expiry",
            ),
            models.Index(fields=["psp_account", "psp_reference"], name="payment_attempt_reference"),
            # What was decided lately: the scores of routing are counted from it.
            models.Index(
                fields=["decided_at"],
                condition=Q(decided_at__isnull=False),
                name="payment_attempt_decided",
            ),
        ]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def is_undecided(self) -> bool:
        return self.status in UNDECIDED

    @property
    def is_live(self) -> bool:
        return self.status in LIVE_ATTEMPT_STATES

    @transition(field=status, source=S.CREATED, target=S.SUBMITTING)
    def submit(self) -> None:
        """Row and key are on disk; the PSP is about to hear of it."""

    @transition(field=status, source=[S.SUBMITTING, S.UNKNOWN, S.PENDING], target=S.REQUIRES_ACTION)
    def require_action(self) -> None:
        """The PSP sends the customer elsewhere first."""

    @transition(field=status, source=[S.SUBMITTING, S.UNKNOWN, S.REQUIRES_ACTION], target=S.PENDING)
    def wait(self) -> None:
        """The PSP accepted it and will answer later."""

    @transition(field=status, source=[S.SUBMITTING, S.REQUIRES_ACTION, S.PENDING], target=S.UNKNOWN)
    def lose_sight(self) -> None:
        """It may have happened: nobody may try again before the PSP has been asked."""

    @transition(field=status, source=UNDECIDED, target=S.AUTHORIZED)
    def authorize(self) -> None:
        """The issuer holds the amount for us."""

    @transition(field=status, source=[*UNDECIDED, S.AUTHORIZED, S.PARTIALLY_CAPTURED], target=S.SUCCEEDED)
    def succeed(self) -> None:
        """Captured; nothing of it is left to capture."""

    @transition(field=status, source=[S.AUTHORIZED, S.PARTIALLY_CAPTURED], target=S.PARTIALLY_CAPTURED)
    def capture_part(self) -> None:
        """A part is captured and the rest stays authorized."""

    @transition(field=status, source=UNDECIDED, target=S.DECLINED)
    def decline(self) -> None:
        """The issuer or the PSP said no."""

    @transition(field=status, source=[S.CREATED, *UNDECIDED], target=S.NOT_SENT)
    def never_happened(self) -> None:
        """It certainly did not happen: never left us, or is proven absent at the PSP."""

    @transition(field=status, source=[*UNDECIDED, S.AUTHORIZED], target=S.VOIDED)
    def void(self) -> None:
        """Canceled at the PSP before any capture."""

    @transition(field=status, source=[S.AUTHORIZED, S.REQUIRES_ACTION], target=S.EXPIRED)
    def expire(self) -> None:
        """The authorization or the customer's time ran out."""

    @transition(field=status, source=[S.SUCCEEDED, S.PARTIALLY_CAPTURED], target=S.RETURNED)
    def come_back(self) -> None:
        """The bank took the money back after it had succeeded: the ledger gives it back."""

    # Corrections: the arrows that only the word of two people takes.

    @transition(field=status, source=ENDED_WITHOUT_MONEY, target=S.SUCCEEDED)
    def correct_to_succeeded(self) -> None:
        """The money was taken after all."""

    @transition(field=status, source=ENDED_WITHOUT_MONEY, target=S.AUTHORIZED)
    def correct_to_authorized(self) -> None:
        """The issuer holds the amount after all."""

    @transition(field=status, source=ENDED_WITHOUT_MONEY, target=S.RETURNED)
    def correct_to_returned(self) -> None:
        """The money was taken after all, while another try paid: all of it goes back."""

    @transition(field=status, source=S.AUTHORIZED, target=S.DECLINED)
    def correct_to_declined(self) -> None:
        """The issuer never held the amount."""
