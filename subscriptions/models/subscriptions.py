"""Subscriptions and their items. What a state means is in docs/glossary.md and Stripe's own words."""

from __future__ import annotations

from datetime import datetime

from django.db import models
from django.db.models import Q
from django_fsm import FSMField, transition

from foundation import clock
from foundation.audit.history import PersonHistory
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key
from subscriptions.periods import Cycle, Interval
from subscriptions.proration import Basis


class SubscriptionStatus(models.TextChoices):
    INCOMPLETE = "incomplete"
    INCOMPLETE_EXPIRED = "incomplete_expired"
    TRIALING = "trialing"
    ACTIVE = "active"
    PAST_DUE = "past_due"
    UNPAID = "unpaid"
    PAUSED = "paused"
    CANCELED = "canceled"


class CollectionMethod(models.TextChoices):
    CHARGE_AUTOMATICALLY = "charge_automatically"
    SEND_INVOICE = "send_invoice"


class PauseBehavior(models.TextChoices):
    KEEP_AS_DRAFT = "keep_as_draft"
    MARK_UNCOLLECTIBLE = "mark_uncollectible"
    VOID = "void"


S = SubscriptionStatus
RENEWING_STATES = [S.TRIALING, S.ACTIVE, S.PAST_DUE, S.UNPAID]
"""States in which time brings new invoices."""
LIVE_STATES = [*RENEWING_STATES, S.INCOMPLETE, S.PAUSED]


class Subscription(TenantModel):
    """A customer's standing order. All its items share its currency and interval.

    anchor_at and anchor_day are the original anchor, from which every boundary is reckoned (subscriptions/periods.py).
    """

    public_prefix = "sub"

    customer = models.ForeignKey(
        "payments.Customer", db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    status = FSMField(default=S.INCOMPLETE, choices=S.choices, protected=True)
    currency = models.CharField(max_length=3)
    description = models.CharField(max_length=500, blank=True)
    metadata = models.JSONField(default=dict, blank=True)

    interval = models.CharField(max_length=5, choices=[(i.value, i.value) for i in Interval])
    interval_count = models.PositiveSmallIntegerField(default=1)
    anchor_at = models.DateTimeField()
    anchor_day = models.PositiveSmallIntegerField(null=True, blank=True)
    timezone = models.CharField(max_length=64)
    proration_basis = models.CharField(
        max_length=12, choices=[(b.value, b.value) for b in Basis], default=Basis.SECOND.value
    )

    started_at = models.DateTimeField()
    current_period_start_at = models.DateTimeField()
    current_period_end_at = models.DateTimeField()
    # When the next invoice is due; null once nothing more will be billed. Beat claims by it, with an expiring lease.
    next_billing_at = models.DateTimeField(null=True, blank=True)
    lease_ends_at = models.DateTimeField(null=True, blank=True)
    halted_at = models.DateTimeField(
        null=True, blank=True, help_text="More than one period was missed: a person decides."
    )
    trial_start_at = models.DateTimeField(null=True, blank=True)
    trial_end_at = models.DateTimeField(null=True, blank=True)
    missing_payment_method = models.CharField(
        max_length=14,
        default="create_invoice",
        choices=[(word, word) for word in ("create_invoice", "pause", "cancel")],
        help_text="What the end of a trial without a payment method does.",
    )
    incomplete_expires_at = models.DateTimeField(null=True, blank=True)

    collection_method = models.CharField(
        max_length=20, choices=CollectionMethod.choices, default=CollectionMethod.CHARGE_AUTOMATICALLY
    )
    days_until_due = models.PositiveSmallIntegerField(null=True, blank=True)
    default_payment_method = models.ForeignKey(
        "payments.PaymentMethod",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    # Ids of tax rates, as text, for items that have none of their own.
    default_tax_rate_ids = models.JSONField(default=list, blank=True)
    payment_settings = models.JSONField(default=dict, blank=True)
    latest_invoice = models.ForeignKey(
        "subscriptions.Invoice",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
    )

    pause_behavior = models.CharField(max_length=18, choices=PauseBehavior.choices, blank=True)
    pause_resumes_at = models.DateTimeField(null=True, blank=True)
    cancel_at = models.DateTimeField(null=True, blank=True)
    cancel_at_period_end = models.BooleanField(default=False)
    canceled_at = models.DateTimeField(
        null=True, blank=True, help_text="When the cancellation was asked for."
    )
    ended_at = models.DateTimeField(null=True, blank=True)
    cancellation_reason = models.CharField(max_length=32, blank=True)
    cancellation_comment = models.CharField(max_length=1000, blank=True)
    cancellation_feedback = models.CharField(max_length=32, blank=True)

    billed_late_until_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="A person has decided to bill what was missed up to here, one period after the other.",
    )
    # Of which end its customer.subscription.trial_will_end was published.
    trial_end_told_at = models.DateTimeField(null=True, blank=True, editable=False)
    import_key = models.CharField(
        max_length=200, blank=True, help_text="What the system it was imported from calls it."
    )
    # A change that waits for its payment (pending_if_incomplete); gone when paid or expired. Its keys, and what makes
    # and ends it: subscriptions/steps/pending_update.py.
    pending_update = models.JSONField(null=True, blank=True)
    pending_update_expires_at = models.DateTimeField(null=True, blank=True)
    test_clock = models.ForeignKey(
        "subscriptions.TestClock",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="subscriptions",
    )
    # Grows with every change under the row lock: what a preview's token is bound to.
    version = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(default=clock.now, editable=False)
    request_id = models.CharField(max_length=40, blank=True, editable=False)
    trace_id = models.CharField(max_length=32, blank=True, editable=False)

    history = PersonHistory()

    class Meta(TenantModel.Meta):
        verbose_name = "subscription"
        ordering = ("-id",)
        constraints = [
            tenant_key("subscription"),
            same_merchant("subscription", "customer", "payments_customer"),
            same_merchant("subscription", "default_payment_method", "payments_paymentmethod"),
            same_merchant("subscription", "latest_invoice", "subscriptions_invoice"),
            same_merchant("subscription", "test_clock", "subscriptions_testclock"),
            models.CheckConstraint(
                condition=Q(current_period_end_at__gt=models.F("current_period_start_at")),
                name="subscription_period_in_order",
            ),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=False, next_billing_at__isnull=True)
                | ~Q(status__in=["canceled", "incomplete_expired"]),
                name="subscription_ended_is_not_billed",
            ),
            models.CheckConstraint(
                condition=~Q(status="trialing") | Q(trial_end_at__isnull=False),
                name="subscription_trial_has_an_end",
            ),
            models.CheckConstraint(
                condition=Q(collection_method="charge_automatically") | Q(days_until_due__isnull=False),
                name="subscription_sent_invoices_are_due",
            ),
            models.CheckConstraint(condition=Q(interval_count__gt=0), name="subscription_interval_positive"),
            models.CheckConstraint(
                condition=Q(pending_update__isnull=True, pending_update_expires_at__isnull=True)
                | Q(pending_update__isnull=False, pending_update_expires_at__isnull=False),
                name="subscription_pending_update_expires",
            ),
            models.UniqueConstraint(
                fields=["merchant", "import_key"],
                condition=~Q(import_key=""),
                name="subscription_imported_once",
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "-id"], name="subscription_newest"),
            models.Index(fields=["merchant", "status", "-id"], name="subscription_by_status"),
            models.Index(fields=["customer", "-id"], name="subscription_by_customer"),
            models.Index(
                fields=["next_billing_at"],
                condition=Q(next_billing_at__isnull=False, halted_at__isnull=True),
                name="subscription_due",
            ),
            models.Index(
                fields=["incomplete_expires_at"],
                condition=Q(status="incomplete"),
                name="subscription_incomplete",
            ),
            models.Index(
                fields=["pause_resumes_at"],
                condition=Q(pause_resumes_at__isnull=False),
                name="subscription_resuming",
            ),
            models.Index(fields=["test_clock"], name="subscription_test_clock"),
            models.Index(
                fields=["pending_update_expires_at"],
                condition=Q(pending_update_expires_at__isnull=False),
                name="subscription_pending_update",
            ),
            models.Index(
                fields=["trial_end_at"], condition=Q(status="trialing"), name="subscription_trial_end"
            ),
        ]

    @property
    def cycle(self) -> Cycle:
        """The subscription's boundaries, as periods.py reckons them."""
        return Cycle(
            self.anchor_at, Interval(self.interval), self.interval_count, self.timezone, self.anchor_day
        )

    @property
    def is_live(self) -> bool:
        return self.status in LIVE_STATES

    @transition(
        field=status, source=[S.INCOMPLETE, S.TRIALING, S.PAST_DUE, S.UNPAID, S.PAUSED], target=S.ACTIVE
    )
    def activate(self) -> None:
        """Paid, or nothing is owed: it is provided."""
        self.incomplete_expires_at = None

    @transition(field=status, source=S.ACTIVE, target=S.TRIALING)
    def begin_trial(self) -> None:
        """trial_end was moved into the future: nothing is billed before it."""

    @transition(field=status, source=[S.ACTIVE, S.TRIALING], target=S.PAST_DUE)
    def fall_past_due(self) -> None:
        """The latest finalized invoice failed, or its due date passed."""

    @transition(field=status, source=S.TRIALING, target=S.PAUSED)
    def pause(self) -> None:
        """The trial ended without a payment method."""

    @transition(field=status, source=S.PAST_DUE, target=S.UNPAID)
    def leave_unpaid(self) -> None:
        """Retries are exhausted: new invoices stay drafts without attempts."""

    @transition(field=status, source=S.INCOMPLETE, target=S.INCOMPLETE_EXPIRED)
    def expire(self, at: datetime) -> None:
        """The first invoice was not paid in 23 hours."""
        self.ended_at = at
        self.next_billing_at = None
        self.incomplete_expires_at = None

    @transition(
        field=status, source=[S.TRIALING, S.ACTIVE, S.PAST_DUE, S.UNPAID, S.PAUSED], target=S.CANCELED
    )
    def cancel(self, at: datetime) -> None:
        """The end; nothing brings it back but a new subscription, or a reinstatement of the period just ended."""
        self.ended_at = at
        self.canceled_at = self.canceled_at or at
        self.next_billing_at = None
        self.pause_resumes_at = None


class SubscriptionItem(TenantModel):
    """A price and how many of it. quantity: null for a metered price. A removed item stays, its lines name it."""

    public_prefix = "si"

    subscription = models.ForeignKey(
        Subscription, db_constraint=False, on_delete=models.PROTECT, related_name="items"
    )
    price = models.ForeignKey(
        "subscriptions.Price", db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    quantity = models.PositiveBigIntegerField(null=True, blank=True)
    tax_rate_ids = models.JSONField(default=list, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    removed_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "subscription item"
        ordering = ("id",)
        constraints = [
            tenant_key("subscription_item"),
            same_merchant("subscription_item", "subscription", "subscriptions_subscription"),
            same_merchant("subscription_item", "price", "subscriptions_price"),
            models.UniqueConstraint(
                fields=["merchant", "subscription", "price"],
                condition=Q(removed_at__isnull=True),
                name="subscription_item_price_once",
            ),
        ]
        indexes = [
            models.Index(fields=["subscription"], name="subscription_item_parent"),
            models.Index(fields=["price"], name="subscription_item_price"),
        ]
