"""How a merchant bills, what we know of a customer as one who is billed, and the clocks that tests may turn."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django_fsm import FSMField, transition

from foundation import clock
from foundation.audit.history import PersonHistory
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key
from subscriptions.revenue import Pace
from subscriptions.taxes import TaxRounding


class Numbering(models.TextChoices):
    ACCOUNT = "account", "One series for the merchant"
    CUSTOMER = "customer", "A series for each customer"


class TaxSource(models.TextChoices):
    STATIC = "static", "The rates that were set by hand"
    REMOTE = "remote", "The tax service; rates set by hand win on their lines"


class TaxFallback(models.TextChoices):
    """What stands in for a tax service that does not answer."""

    WAIT = "wait", "Nothing: the invoice waits as a draft"
    LAST_KNOWN = "last_known", "What it said the last time of the same sale"


class BillingSettings(TenantModel):
    """One row per merchant, made by the first operation that needs it."""

    public_prefix = "bset"

    numbering = models.CharField(max_length=8, choices=Numbering.choices, default=Numbering.ACCOUNT)
    invoice_prefix = models.CharField(max_length=12, default="INV")
    credit_note_prefix = models.CharField(max_length=12, default="CN")
    number_digits = models.PositiveSmallIntegerField(default=4)
    draft_seconds = models.PositiveIntegerField(
        default=3_600, help_text="How long a renewal's invoice stays a draft."
    )
    days_until_due = models.PositiveSmallIntegerField(default=30, help_text="Of invoices that are sent.")
    tax_rounding = models.CharField(
        max_length=7, choices=[(r.value, r.value) for r in TaxRounding], default=TaxRounding.LINE.value
    )
    tax_source = models.CharField(max_length=6, choices=TaxSource.choices, default=TaxSource.STATIC)
    tax_fallback = models.CharField(max_length=10, choices=TaxFallback.choices, default=TaxFallback.WAIT)
    revenue_pace = models.CharField(
        max_length=7,
        choices=[(p.value, p.value) for p in Pace],
        default=Pace.MONTHLY.value,
        help_text="How the revenue of a line that covers a later time is spread over it.",
    )
    default_dunning_policy = models.ForeignKey(
        "subscriptions.DunningPolicy",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    customers_numbered = models.PositiveIntegerField(
        default=0, help_text="Customers that have a series of their own."
    )
    invoice_footer = models.CharField(max_length=5000, blank=True)

    history = PersonHistory()

    class Meta(TenantModel.Meta):
        verbose_name = "billing settings"
        verbose_name_plural = "billing settings"
        ordering = ("id",)
        constraints = [
            tenant_key("billing_settings"),
            same_merchant("billing_settings", "default_dunning_policy", "subscriptions_dunningpolicy"),
            models.UniqueConstraint(fields=["merchant"], name="billing_settings_once_per_merchant"),
            models.CheckConstraint(
                condition=Q(number_digits__gte=1, number_digits__lte=12), name="billing_settings_digits"
            ),
        ]


class BillingCustomer(TenantModel):
    """A customer as one who is billed. Its row is the lock under which the customer's balance moves."""

    public_prefix = "bcus"

    customer = models.ForeignKey(
        "payments.Customer", db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    timezone = models.CharField(max_length=64, blank=True, help_text="Empty: the merchant's.")
    vat_id = models.CharField(max_length=32, blank=True)
    series_number = models.PositiveIntegerField(
        null=True, blank=True, help_text="The customer's place in numbers like P-002-001."
    )
    test_clock = models.ForeignKey(
        "subscriptions.TestClock",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="billing_customers",
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "billing customer"
        ordering = ("-id",)
        constraints = [
            tenant_key("billing_customer"),
            same_merchant("billing_customer", "customer", "payments_customer"),
            same_merchant("billing_customer", "test_clock", "subscriptions_testclock"),
            models.UniqueConstraint(fields=["merchant", "customer"], name="billing_customer_once"),
            models.UniqueConstraint(
                fields=["merchant", "series_number"], name="billing_customer_series_number_once"
            ),
        ]


class TestClockStatus(models.TextChoices):
    READY = "ready"
    ADVANCING = "advancing"
    INTERNAL_FAILURE = "internal_failure"


class TestClock(TenantModel):
    """A sandbox merchant's own time: what its customers' subscriptions take for now."""

    public_prefix = "clock"
    # Not a test of ours, whatever pytest makes of the name.
    __test__ = False

    name = models.CharField(max_length=300, blank=True)
    frozen_at = models.DateTimeField(help_text="The clock shows this.")
    status = FSMField(default=TestClockStatus.READY, choices=TestClockStatus.choices, protected=True)
    target_at = models.DateTimeField(null=True, blank=True, help_text="Where an advance is going.")
    deletes_after_at = models.DateTimeField()
    deleted_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "test clock"
        ordering = ("-id",)
        constraints = [
            tenant_key("test_clock"),
            models.CheckConstraint(
                condition=~Q(status="advancing") | Q(target_at__isnull=False),
                name="test_clock_advances_to_somewhere",
            ),
        ]

    @transition(field=status, source=TestClockStatus.READY, target=TestClockStatus.ADVANCING)
    def advance(self) -> None:
        """Everything due up to target_at is run in order."""

    @transition(field=status, source=TestClockStatus.ADVANCING, target=TestClockStatus.READY)
    def arrive(self) -> None:
        """The clock shows target_at."""

    @transition(field=status, source=TestClockStatus.ADVANCING, target=TestClockStatus.INTERNAL_FAILURE)
    def fail(self) -> None:
        """Something due on the way could not be run."""
