"""JournalEntry and Posting: what moved, once and for ever.

Written only by the SQL functions of migration 0002, through ledger.steps. Triggers refuse UPDATE, DELETE and
TRUNCATE, check the postings of a statement against their entry and account, and check at commit that an entry
is whole.

No foreign key of these tables locks a parent that many writers share (merchant, account): a key-share lock on
one hot row by every payment of a merchant costs more than the insert itself. The triggers check the same
without a lock, which is safe because accounts and entries are never deleted.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Func, Q

from foundation.events.fields import Xid8Field
from foundation.tenancy.scoping import TenantManager, TenantModel, same_merchant, tenant_key


class JournalEntry(TenantModel):
    """A balanced set of postings. `reference` makes posting idempotent; where it came from is opaque here.

    line_count says how many postings there are, for ever: a posting beyond it is refused, so an entry that
    has passed its check cannot grow. content_hash covers kind and lines and tells a repeat from a reuse of
    the reference.
    """

    public_prefix = "je"

    merchant = models.ForeignKey(
        "foundation.Merchant", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    kind = models.CharField(max_length=64)
    reference = models.CharField(max_length=255)
    effective_at = models.DateTimeField()
    recorded_at = models.DateTimeField()
    line_count = models.PositiveSmallIntegerField()
    source_kind = models.CharField(max_length=64, blank=True)
    source_id = models.UUIDField(null=True, blank=True)
    external_reference = models.CharField(max_length=255, blank=True)
    description = models.CharField(max_length=500, blank=True)
    reverses = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="reversals",
        db_constraint=False,
        db_index=False,
    )
    hold = models.ForeignKey(
        "ledger.Hold",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="entries",
        db_constraint=False,
        db_index=False,
    )
    trace_id = models.CharField(max_length=32, blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    actor = models.CharField(max_length=150, blank=True)
    content_hash = models.BinaryField(max_length=32)
    xid = Xid8Field(db_default=Func(function="pg_current_xact_id"), editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "journal entry"
        verbose_name_plural = "journal entries"
        ordering = ("-id",)
        constraints = [
            tenant_key("journal_entry"),
            same_merchant("journal_entry", "reverses", "ledger_journalentry"),
            same_merchant("journal_entry", "hold", "ledger_hold"),
            models.UniqueConstraint(fields=["merchant", "reference"], name="journal_entry_reference_once"),
            # Partial: most entries reverse nothing and then cost this index nothing.
            models.UniqueConstraint(
                fields=["merchant", "reverses"],
                condition=Q(reverses__isnull=False),
                name="journal_entry_reversed_once",
            ),
            models.CheckConstraint(condition=Q(line_count__gte=2), name="journal_entry_two_lines"),
        ]
        indexes = [
            models.Index(fields=["merchant", "source_kind", "source_id"], name="journal_entry_source"),
            models.Index(fields=["merchant", "effective_at"], name="journal_entry_effective"),
            models.Index(fields=["hold"], condition=Q(hold__isnull=False), name="journal_entry_hold"),
        ]


class Posting(models.Model):
    """One line of an entry. amount_minor is signed: debit positive, credit negative, never zero."""

    id = models.BigAutoField(primary_key=True)
    merchant = models.ForeignKey(
        "foundation.Merchant", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    entry = models.ForeignKey(
        JournalEntry, on_delete=models.PROTECT, related_name="postings", db_constraint=False, db_index=False
    )
    line = models.PositiveSmallIntegerField(help_text="1, 2, …: the order in which the entry was written.")
    account = models.ForeignKey(
        "ledger.LedgerAccount",
        on_delete=models.PROTECT,
        related_name="postings",
        db_constraint=False,
        db_index=False,
    )
    amount_minor = models.BigIntegerField(help_text="Minor units; debit positive, credit negative.")
    currency = models.CharField(max_length=3)
    # The writing transaction: a balance reads "since the snapshot" by it, never by id or time (late commits).
    xid = Xid8Field(db_default=Func(function="pg_current_xact_id"), editable=False)

    across_merchants = models.Manager()
    objects = TenantManager()

    class Meta:
        verbose_name = "posting"
        default_manager_name = "across_merchants"
        base_manager_name = "across_merchants"
        ordering = ("entry_id", "line")
        constraints = [
            models.UniqueConstraint(fields=["entry", "line"], name="posting_line_once"),
            models.CheckConstraint(condition=Q(line__gte=1), name="posting_line_counts_from_one"),
            models.CheckConstraint(condition=~Q(amount_minor=0), name="posting_moves_something"),
        ]
        indexes = [
            models.Index(
                fields=["account", "xid"], include=["amount_minor"], name="posting_of_account_since"
            ),
        ]

    def __str__(self) -> str:
        return f"Posting {self.id}"
