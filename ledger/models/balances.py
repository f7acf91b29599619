"""BalanceSnapshot: a cached sum, so that a balance reads few postings. It may be deleted at any time."""

from __future__ import annotations

from django.db import models

from foundation.events.fields import Xid8Field


class BalanceSnapshot(models.Model):
    """Debits and credits of an account by all transactions before up_to_xid, every one of which has ended.

    Rolled forward by ledger/operations/roll_snapshots.py; no writer of postings touches it. Both sums are
    positive.
    """

    account = models.OneToOneField(
        "ledger.LedgerAccount", primary_key=True, on_delete=models.PROTECT, related_name="snapshot"
    )
    up_to_xid = Xid8Field()
    # A sum of many bigints can leave the range of bigint.
    debits = models.DecimalField(max_digits=38, decimal_places=0)
    credits = models.DecimalField(max_digits=38, decimal_places=0)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = "balance snapshot"

    def __str__(self) -> str:
        return f"Balance snapshot up to {self.up_to_xid}"
