"""Invoices, and the tries to collect them. Amounts are frozen when an invoice is finalized."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition

from foundation import clock
from foundation.audit.history import PersonHistory
from foundation.money import Money
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key
from subscriptions.models.subscriptions import CollectionMethod


class InvoiceStatus(models.TextChoices):
    DRAFT = "draft"
    OPEN = "open"
    PAID = "paid"
    VOID = "void"
    UNCOLLECTIBLE = "uncollectible"


class InvoiceReason(models.TextChoices):
    """Stripe's billing_reason."""

    CREATE = "subscription_create"
    CYCLE = "subscription_cycle"
    UPDATE = "subscription_update"
    THRESHOLD = "subscription_threshold"
    MANUAL = "manual"


class TaxStatus(models.TextChoices):
    """How the taxes of an invoice were found, where a remote provider is asked; empty where nobody is."""

    PENDING = "pending", "Not known yet: it waits as a draft"
    ANSWERED = "answered", "As the provider said"
    LAST_KNOWN = "last_known", "As the provider said the last time"


S = InvoiceStatus
ONCE_PER_PERIOD = [InvoiceReason.CREATE, InvoiceReason.CYCLE]
"""Reasons that come once in a period; changes and hand-made invoices may come as often as someone asks."""


class Invoice(TenantModel):
    """What a customer owes for a time. total = subtotal − discount + tax on top; due = total + balance taken or used.

    *_snapshot: customer, seller and tax as they stood when it was finalized.
    """

    public_prefix = "in"

    customer = models.ForeignKey(
        "payments.Customer", db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    subscription = models.ForeignKey(
        "subscriptions.Subscription",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="invoices",
    )
    status = FSMField(default=S.DRAFT, choices=S.choices, protected=True)
    reason = models.CharField(max_length=22, choices=InvoiceReason.choices)
    currency = models.CharField(max_length=3)
    number = models.CharField(max_length=40, blank=True)
    period_start_at = models.DateTimeField()
    period_end_at = models.DateTimeField()

    subtotal_minor = models.BigIntegerField(default=0)
    discount_minor = models.BigIntegerField(default=0)
    tax_minor = models.BigIntegerField(default=0, help_text="On top of the amounts.")
    inclusive_tax_minor = models.BigIntegerField(default=0, help_text="Contained in the amounts.")
    total_minor = models.BigIntegerField(default=0)
    starting_balance_minor = models.BigIntegerField(default=0)
    ending_balance_minor = models.BigIntegerField(null=True, blank=True)
    amount_due_minor = models.BigIntegerField(default=0)
    amount_paid_minor = models.BigIntegerField(default=0)
    credited_before_payment_minor = models.BigIntegerField(default=0)
    credited_after_payment_minor = models.BigIntegerField(default=0)

    collection_method = models.CharField(max_length=20, choices=CollectionMethod.choices)
    auto_advance = models.BooleanField(default=True, help_text="Off: no step follows by itself.")
    finalizes_at = models.DateTimeField(null=True, blank=True)
    lease_ends_at = models.DateTimeField(null=True, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    next_payment_attempt_at = models.DateTimeField(null=True, blank=True)
    attempt_count = models.PositiveSmallIntegerField(default=0)
    default_payment_method = models.ForeignKey(
        "payments.PaymentMethod",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    paid_out_of_band = models.BooleanField(default=False)
    finalized_at = models.DateTimeField(null=True, blank=True)
    paid_at = models.DateTimeField(null=True, blank=True)
    voided_at = models.DateTimeField(null=True, blank=True)
    marked_uncollectible_at = models.DateTimeField(null=True, blank=True)

    customer_snapshot = models.JSONField(null=True, blank=True)
    seller_snapshot = models.JSONField(null=True, blank=True)
    tax_snapshot = models.JSONField(null=True, blank=True)
    tax_status = models.CharField(max_length=10, choices=TaxStatus.choices, blank=True)
    # The page that its customer may see: a token that can be revoked.
    hosted_token = models.CharField(max_length=64, blank=True, editable=False)
    ledger_entry_id = models.UUIDField(null=True, blank=True, editable=False)
    description = models.CharField(max_length=1500, blank=True)
    footer = models.CharField(max_length=5000, blank=True)
    statement_descriptor = models.CharField(max_length=22, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    request_id = models.CharField(max_length=40, blank=True, editable=False)
    trace_id = models.CharField(max_length=32, blank=True, editable=False)

    history = PersonHistory()

    class Meta(TenantModel.Meta):
        verbose_name = "invoice"
        ordering = ("-id",)
        constraints = [
            tenant_key("invoice"),
            same_merchant("invoice", "customer", "payments_customer"),
            same_merchant("invoice", "subscription", "subscriptions_subscription"),
            same_merchant("invoice", "default_payment_method", "payments_paymentmethod"),
            # A second renewal of the same period, by whatever beat or doubled job, ends here.
            models.UniqueConstraint(
                fields=["merchant", "subscription", "period_start_at", "reason"],
                condition=Q(subscription__isnull=False, reason__in=ONCE_PER_PERIOD),
                name="invoice_once_per_period_and_reason",
            ),
            models.UniqueConstraint(
                fields=["merchant", "number"], condition=~Q(number=""), name="invoice_number_once"
            ),
            models.CheckConstraint(
                condition=Q(status="draft", number="", finalized_at__isnull=True)
                | (~Q(status="draft") & ~Q(number="") & Q(finalized_at__isnull=False)),
                name="invoice_is_numbered_when_finalized",
            ),
            models.CheckConstraint(
                condition=Q(total_minor=F("subtotal_minor") - F("discount_minor") + F("tax_minor")),
                name="invoice_total_is_its_sum",
            ),
            models.CheckConstraint(
                condition=Q(amount_due_minor__gte=0, amount_paid_minor__gte=0),
                name="invoice_due_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(
                    amount_due_minor__gte=F("amount_paid_minor") + F("credited_before_payment_minor")
                ),
                name="invoice_not_overpaid",
            ),
            models.CheckConstraint(
                condition=Q(period_end_at__gte=F("period_start_at")), name="invoice_period_in_order"
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "-id"], name="invoice_newest"),
            models.Index(fields=["merchant", "status", "-id"], name="invoice_by_status"),
            models.Index(fields=["customer", "-id"], name="invoice_by_customer"),
            models.Index(fields=["subscription", "-id"], name="invoice_by_subscription"),
            models.Index(
                fields=["finalizes_at"],
                condition=Q(status="draft", finalizes_at__isnull=False),
                name="invoice_due_finalizing",
            ),
            models.Index(
                fields=["due_at"], condition=Q(status="open", due_at__isnull=False), name="invoice_due"
            ),
            models.Index(fields=["hosted_token"], condition=~Q(hosted_token=""), name="invoice_hosted_token"),
        ]

    @property
    def total(self) -> Money:
        return Money(self.total_minor, self.currency)

    @property
    def amount_due(self) -> Money:
        return Money(self.amount_due_minor, self.currency)

    @property
    def amount_remaining(self) -> Money:
        return Money(
            self.amount_due_minor - self.amount_paid_minor - self.credited_before_payment_minor, self.currency
        )

    @transition(field=status, source=S.DRAFT, target=S.OPEN)
    def finalize(self, at: datetime, number: str) -> None:
        """Frozen and numbered; from here on amounts change only through credit notes."""
        self.finalized_at = at
        self.number = number
        self.finalizes_at = None

    @transition(field=status, source=[S.OPEN, S.UNCOLLECTIBLE], target=S.PAID)
    def pay(self, at: datetime) -> None:
        """Nothing of it remains to be paid."""
        self.paid_at = at
        self.next_payment_attempt_at = None

    @transition(field=status, source=S.PAID, target=S.OPEN)
    def reopen(self) -> None:
        """What had paid it was taken back, by the customer's bank or in a dispute: it is owed again."""
        self.paid_at = None

    @transition(field=status, source=[S.OPEN, S.UNCOLLECTIBLE], target=S.VOID)
    def void(self, at: datetime) -> None:
        """A mistake: it keeps its number and is owed by nobody."""
        self.voided_at = at
        self.next_payment_attempt_at = None

    @transition(field=status, source=S.OPEN, target=S.UNCOLLECTIBLE)
    def give_up(self, at: datetime) -> None:
        """Bad debt: nobody expects it to be paid, and it still may be."""
        self.marked_uncollectible_at = at
        self.next_payment_attempt_at = None


class InvoicePaymentStatus(models.TextChoices):
    OPEN = "open"
    PAID = "paid"
    CANCELED = "canceled"
    RETURNED = "returned"


class PaymentReason(models.TextChoices):
    """What made us try: only the schedule's own tries use it up."""

    SCHEDULED = "scheduled"
    MANUAL = "manual"
    NEW_METHOD = "new_method"


P = InvoicePaymentStatus


class InvoicePayment(TenantModel):
    """One try to collect an invoice: one payment intent. At most one is open, so an unknown outcome blocks the next.

    applied_minor: what of it the invoice has taken; the rest of what came is the customer's credit. is_out_of_band:
    money that came without us, and so without an intent.
    """

    public_prefix = "inpay"

    invoice = models.ForeignKey(
        Invoice, db_constraint=False, on_delete=models.PROTECT, related_name="payments"
    )
    ordinal = models.PositiveSmallIntegerField()
    payment_intent = models.ForeignKey(
        "payments.PaymentIntent",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    status = FSMField(default=P.OPEN, choices=P.choices, protected=True)
    reason = models.CharField(max_length=10, choices=PaymentReason.choices, default=PaymentReason.SCHEDULED)
    amount_minor = models.BigIntegerField()
    applied_minor = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    is_out_of_band = models.BooleanField(default=False)
    # The newest attempt whose failure is recorded: its news may come more than once.
    failed_attempt_id = models.UUIDField(null=True, blank=True, editable=False)
    decline_code = models.CharField(max_length=64, blank=True)
    network_advice_code = models.CharField(max_length=8, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    decided_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = "invoice payment"
        ordering = ("ordinal",)
        constraints = [
            tenant_key("invoice_payment"),
            same_merchant("invoice_payment", "invoice", "subscriptions_invoice"),
            same_merchant("invoice_payment", "payment_intent", "payments_paymentintent"),
            models.UniqueConstraint(
                fields=["merchant", "invoice", "ordinal"], name="invoice_payment_ordinal_once"
            ),
            models.UniqueConstraint(
                fields=["merchant", "invoice"], condition=Q(status="open"), name="invoice_payment_one_open"
            ),
            models.UniqueConstraint(
                fields=["merchant", "payment_intent"], name="invoice_payment_intent_once"
            ),
            models.CheckConstraint(condition=Q(amount_minor__gt=0), name="invoice_payment_positive"),
            models.CheckConstraint(
                condition=Q(applied_minor__gte=0) & (Q(applied_minor=0) | Q(status__in=["paid", "returned"])),
                name="invoice_payment_applied_when_paid",
            ),
        ]

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @transition(field=status, source=[P.OPEN, P.CANCELED, P.RETURNED], target=P.PAID)
    def succeed(self, at: datetime) -> None:
        """Its payment intent succeeded; even where we had given the try up before it was made, or once more after the
        bank had taken it back."""
        self.decided_at = at

    @transition(field=status, source=P.OPEN, target=P.CANCELED)
    def end(self, at: datetime) -> None:
        """It certainly will not pay: declined, canceled, or given up for another try."""
        self.decided_at = at

    @transition(field=status, source=P.PAID, target=P.RETURNED)
    def come_back(self, at: datetime) -> None:
        """The bank took back what it had paid."""
        self.decided_at = at
