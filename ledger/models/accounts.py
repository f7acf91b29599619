"""LedgerAccount: where amounts stand. It has no balance column: see ledger/queries/balances.py."""

from __future__ import annotations

from django.db import models

from foundation import clock
from foundation.tenancy.scoping import TenantModel


class LedgerAccount(TenantModel):
    """One account in one currency. Opened by its first posting, never renamed or deleted (by trigger).

    type and normal_side follow from the path (ledger/paths.py). A guarded account may not go below zero on
    its normal side: a posting that lowers it locks this row, and only such postings lock.
    """

    public_prefix = "la"

    class Type(models.TextChoices):
        ASSET = "asset"
        LIABILITY = "liability"
        INCOME = "income"
        EXPENSE = "expense"
        EQUITY = "equity"
        MEMO = "memo"

    class Side(models.TextChoices):
        DEBIT = "debit"
        CREDIT = "credit"

    class Guard(models.TextChoices):
        NONE = "none"
        NEVER_NEGATIVE = "never_negative"

    # No index of its own: see the constraints.
    merchant = models.ForeignKey(
        "foundation.Merchant", on_delete=models.PROTECT, related_name="+", db_index=False
    )
    path = models.CharField(max_length=200)
    type = models.CharField(max_length=9, choices=Type.choices)
    currency = models.CharField(max_length=3)
    normal_side = models.CharField(max_length=6, choices=Side.choices)
    guard = models.CharField(max_length=14, choices=Guard.choices, default=Guard.NONE)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "ledger account"
        ordering = ("path", "currency")
        constraints = [
            # Only one index begins with the merchant: on a young table the planner cannot tell two apart, and
            # posting looks an account up by (merchant, path, currency) with a plan that is kept.
            models.UniqueConstraint(fields=["id", "merchant"], name="ledger_account_tenant_key"),
            models.UniqueConstraint(fields=["merchant", "path", "currency"], name="ledger_account_once"),
        ]
