"""Customer balances and the series that numbers come from."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from foundation import clock
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key


class BalanceTransactionType(models.TextChoices):
    """Stripe's words."""

    ADJUSTMENT = "adjustment"
    APPLIED_TO_INVOICE = "applied_to_invoice"
    CREDIT_NOTE = "credit_note"
    INITIAL = "initial"
    INVOICE_TOO_LARGE = "invoice_too_large"
    INVOICE_TOO_SMALL = "invoice_too_small"
    MIGRATION = "migration"
    UNAPPLIED_FROM_INVOICE = "unapplied_from_invoice"
    UNSPENT_RECEIVER_CREDIT = "unspent_receiver_credit"


OF_INVOICES = (
    BalanceTransactionType.APPLIED_TO_INVOICE,
    BalanceTransactionType.UNAPPLIED_FROM_INVOICE,
    BalanceTransactionType.INVOICE_TOO_SMALL,
)
"""Movements that stand against what an invoice is owed; all others are credit that was granted, or taken back."""


class CustomerBalanceTransaction(TenantModel):
    """One movement of a customer's balance, in one currency. Append-only.

    A negative balance is what we owe the customer, as with Stripe: a negative amount grants credit. ordinal counts per
    customer and currency, so two movements can not both follow the same balance.
    """

    public_prefix = "cbtxn"

    customer = models.ForeignKey(
        "payments.Customer", db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    ordinal = models.PositiveIntegerField()
    type = models.CharField(max_length=24, choices=BalanceTransactionType.choices)
    amount_minor = models.BigIntegerField()
    ending_balance_minor = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    invoice = models.ForeignKey(
        "subscriptions.Invoice",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    credit_note = models.ForeignKey(
        "subscriptions.CreditNote",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    description = models.CharField(max_length=350, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    ledger_entry_id = models.UUIDField(null=True, blank=True, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "customer balance transaction"
        ordering = ("-id",)
        constraints = [
            tenant_key("customer_balance_transaction"),
            same_merchant("customer_balance_transaction", "customer", "payments_customer"),
            same_merchant("customer_balance_transaction", "invoice", "subscriptions_invoice"),
            same_merchant("customer_balance_transaction", "credit_note", "subscriptions_creditnote"),
            models.UniqueConstraint(
                fields=["merchant", "customer", "currency", "ordinal"],
                name="customer_balance_transaction_ordinal_once",
            ),
        ]
        indexes = [models.Index(fields=["invoice"], name="customer_balance_invoice")]


class SeriesKind(models.TextChoices):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class InvoiceNumberSeries(TenantModel):
    """A counter row, locked while an invoice is finalized: no gaps, no number twice.

    customer: null for the merchant's own series.
    """

    public_prefix = "series"

    kind = models.CharField(max_length=11, choices=SeriesKind.choices)
    customer = models.ForeignKey(
        "payments.Customer",
        null=True,
        blank=True,
        db_constraint=False,
        on_delete=models.PROTECT,
        related_name="+",
    )
    prefix = models.CharField(max_length=24)
    digits = models.PositiveSmallIntegerField()
    last_number = models.PositiveBigIntegerField(default=0)

    class Meta(TenantModel.Meta):
        verbose_name = "number series"
        verbose_name_plural = "number series"
        ordering = ("prefix",)
        constraints = [
            tenant_key("invoice_number_series"),
            same_merchant("invoice_number_series", "customer", "payments_customer"),
            models.UniqueConstraint(
                fields=["merchant", "kind"],
                condition=Q(customer__isnull=True),
                name="invoice_number_series_once_per_merchant",
            ),
            models.UniqueConstraint(
                fields=["merchant", "kind", "customer"], name="invoice_number_series_once_per_customer"
            ),
            models.UniqueConstraint(fields=["merchant", "prefix"], name="invoice_number_series_prefix_once"),
        ]

    def number(self, ordinal: int) -> str:
        """INV-0042, or P-002-001 where the prefix names the customer."""
        return f"{self.prefix}-{ordinal:0{self.digits}d}"
