"""Lines of invoices, and items that wait for the next one. A line keeps the inputs it was reckoned from."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from foundation import clock
from foundation.money import Money
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key
from subscriptions.periods import Period
from subscriptions.proration import Basis, Debit, Ruler


class BilledAmount(TenantModel):
    """What a line and a pending item share: an amount for a time, and how it came about.

    Amounts in minor units; amount_minor before discounts, negative for a credit. natural_*: the whole period of the
    price that the line is a part of. part_units of whole_units: the fraction of the formula, in units of the basis.
    cut_at and credited_minor: where credits have cut a debit off, and what they gave back of it.
    """

    subscription = models.ForeignKey(
        "subscriptions.Subscription",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    subscription_item = models.ForeignKey(
        "subscriptions.SubscriptionItem",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    price = models.ForeignKey(
        "subscriptions.Price",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    description = models.CharField(max_length=500, blank=True)
    amount_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    quantity = models.DecimalField(max_digits=27, decimal_places=12, null=True, blank=True)
    unit_amount = models.DecimalField(max_digits=24, decimal_places=12, null=True, blank=True)
    is_discountable = models.BooleanField(default=True)
    is_proration = models.BooleanField(default=False)
    period_start_at = models.DateTimeField()
    period_end_at = models.DateTimeField()
    natural_start_at = models.DateTimeField(null=True, blank=True)
    natural_end_at = models.DateTimeField(null=True, blank=True)
    basis = models.CharField(max_length=12, choices=[(b.value, b.value) for b in Basis], blank=True)
    basis_months = models.PositiveSmallIntegerField(default=0)
    timezone = models.CharField(max_length=64, blank=True)
    part_units = models.BigIntegerField(null=True, blank=True)
    whole_units = models.BigIntegerField(null=True, blank=True)
    cut_at = models.DateTimeField(null=True, blank=True)
    credited_minor = models.BigIntegerField(default=0)
    tax_rate_ids = models.JSONField(default=list, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(TenantModel.Meta):
        abstract = True

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def net_minor(self) -> int:
        """What the customer was charged for it before tax."""
        return self.amount_minor

    def as_debit(self) -> Debit:
        """The line as proration.py gives it back; only of one that paid for a part of a natural period."""
        assert self.natural_start_at is not None and self.natural_end_at is not None
        ruler = Ruler(
            Period(self.natural_start_at, self.natural_end_at),
            Basis(self.basis),
            self.timezone,
            self.basis_months,
        )
        return Debit(
            id=self.id,
            amount_minor=self.net_minor,
            start=self.period_start_at,
            end=self.period_end_at,
            ruler=ruler,
            until=self.cut_at,
            credited_minor=self.credited_minor,
        )


class InvoiceItem(BilledAmount):
    """An amount that waits for the customer's next invoice; `invoice` once it is on one."""

    public_prefix = "ii"

    customer = models.ForeignKey(
        "payments.Customer", db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    invoice = models.ForeignKey(
        "subscriptions.Invoice",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="invoice_items",
    )
    # What a credit gives back: a line of an earlier invoice, or an item that waits beside it.
    reverses_line = models.ForeignKey(
        "subscriptions.InvoiceLine",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    reverses_item = models.ForeignKey(
        "self", null=True, blank=True, db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    deleted_at = models.DateTimeField(null=True, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = "invoice item"
        ordering = ("id",)
        constraints = [
            tenant_key("invoice_item"),
            same_merchant("invoice_item", "customer", "payments_customer"),
            same_merchant("invoice_item", "invoice", "subscriptions_invoice"),
            same_merchant("invoice_item", "subscription", "subscriptions_subscription"),
            same_merchant("invoice_item", "subscription_item", "subscriptions_subscriptionitem"),
            same_merchant("invoice_item", "price", "subscriptions_price"),
            same_merchant("invoice_item", "reverses_line", "subscriptions_invoiceline"),
            same_merchant("invoice_item", "reverses_item", "subscriptions_invoiceitem"),
            models.CheckConstraint(
                condition=Q(credited_minor__gte=0)
                & (Q(credited_minor=0) | Q(credited_minor__lte=F("amount_minor"))),
                name="invoice_item_credits_within_it",
            ),
            models.CheckConstraint(
                condition=Q(deleted_at__isnull=True) | Q(invoice__isnull=True),
                name="invoice_item_gone_or_billed",
            ),
        ]
        indexes = [
            models.Index(
                fields=["customer", "id"],
                condition=Q(invoice__isnull=True, deleted_at__isnull=True),
                name="invoice_item_pending",
            ),
            models.Index(fields=["invoice"], name="invoice_item_invoice"),
        ]


class InvoiceLine(BilledAmount):
    """One line of one invoice. discounts: [{"discount", "amount"}]; taxes: [{"rate", "amount", "taxable", …}]."""

    public_prefix = "il"

    invoice = models.ForeignKey(
        "subscriptions.Invoice", db_constraint=False, on_delete=models.PROTECT, related_name="lines"
    )
    ordinal = models.PositiveSmallIntegerField()
    invoice_item = models.ForeignKey(
        InvoiceItem,
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="lines",
    )
    reverses = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="reversed_by",
    )
    discount_minor = models.BigIntegerField(default=0)
    tax_minor = models.BigIntegerField(default=0)
    inclusive_tax_minor = models.BigIntegerField(default=0)
    discounts = models.JSONField(default=list, blank=True)
    taxes = models.JSONField(default=list, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = "invoice line"
        ordering = ("ordinal",)
        constraints = [
            tenant_key("invoice_line"),
            same_merchant("invoice_line", "invoice", "subscriptions_invoice"),
            same_merchant("invoice_line", "invoice_item", "subscriptions_invoiceitem"),
            same_merchant("invoice_line", "reverses", "subscriptions_invoiceline"),
            same_merchant("invoice_line", "subscription", "subscriptions_subscription"),
            same_merchant("invoice_line", "subscription_item", "subscriptions_subscriptionitem"),
            same_merchant("invoice_line", "price", "subscriptions_price"),
            models.UniqueConstraint(
                fields=["merchant", "invoice", "ordinal"], name="invoice_line_ordinal_once"
            ),
            models.UniqueConstraint(fields=["merchant", "invoice_item"], name="invoice_line_item_once"),
            models.CheckConstraint(
                condition=Q(discount_minor=0)
                | Q(discount_minor__gt=0, discount_minor__lte=F("amount_minor")),
                name="invoice_line_discount_within_it",
            ),
            models.CheckConstraint(
                condition=Q(credited_minor__gte=0)
                & (Q(credited_minor=0) | Q(credited_minor__lte=F("amount_minor") - F("discount_minor"))),
                name="invoice_line_credits_within_it",
            ),
        ]
        indexes = [
            models.Index(
                fields=["subscription_item", "period_end_at"],
                condition=Q(subscription_item__isnull=False),
                name="invoice_line_coverage",
            ),
        ]

    @property
    def net_minor(self) -> int:
        return self.amount_minor - self.discount_minor
