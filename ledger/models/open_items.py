"""Entries of breaks, and the entries that reconciliation has looked at without finding their end.

Written by ledger/reconciliation/steps only, set-based. As with postings, no foreign key checks a parent: entries are
never deleted, and the run that writes these rows has just read them by merchant.
"""

from __future__ import annotations

from django.db import models

from foundation.tenancy.scoping import TenantManager
from ledger.models.statements import Source


class BreakEntry(models.Model):
    """One entry of a break, with its effect on the compared account. Append-only by trigger.

    A break speaks of all entries of a reference at once; written off, it ends each of them.
    """

    pk = models.CompositePrimaryKey("entry_id", "broken_id")
    merchant = models.ForeignKey(
        "foundation.Merchant", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    broken = models.ForeignKey(
        "ledger.ReconciliationBreak",
        on_delete=models.PROTECT,
        related_name="break_entries",
        db_constraint=False,
    )
    entry = models.ForeignKey(
        "ledger.JournalEntry",
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    currency = models.CharField(max_length=3)
    net_minor = models.BigIntegerField()

    across_merchants = models.Manager()
    objects = TenantManager()

    class Meta:
        verbose_name = "entry of a break"
        verbose_name_plural = "entries of breaks"
        default_manager_name = "across_merchants"
        base_manager_name = "across_merchants"

    def __str__(self) -> str:
        return f"Entry {self.entry_id} of a break"


class OpenItem(models.Model):
    """An entry that a run looked at and could not match on this side: the next run looks at it again.

    A cache of what is not matched: when there are not as many as the last run left, the next one looks at everything.
    """

    pk = models.CompositePrimaryKey("merchant_id", "source", "entry_id")
    merchant = models.ForeignKey(
        "foundation.Merchant", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    source = models.CharField(max_length=4, choices=Source.choices)
    entry = models.ForeignKey(
        "ledger.JournalEntry",
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )

    across_merchants = models.Manager()
    objects = TenantManager()

    class Meta:
        verbose_name = "open item"
        default_manager_name = "across_merchants"
        base_manager_name = "across_merchants"

    def __str__(self) -> str:
        return f"Open item {self.entry_id}"
