"""What PSPs and banks say: Statement (one imported file), its StatementLines, and the UnreadLines of it.

Written only by ledger/reconciliation/steps/store_lines.py, through COPY. Lines are facts of somebody else's
books: append-only by trigger.

As with postings, no foreign key of a line locks or checks a parent (a million checks cost more than a million
inserts); statements are never deleted, and the one writer of lines makes their statement in the same
transaction.
"""

from __future__ import annotations

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q

from foundation import clock
from foundation.money import EXPONENTS, Money
from foundation.tenancy.scoping import TenantManager, TenantModel, tenant_key


class Source(models.TextChoices):
    """Whose books a line is from."""

    PSP = "psp", "PSP"
    BANK = "bank", "Bank"


class Statement(TenantModel):
    """One file of a PSP or a bank, taken in once: by the hash of its bytes.

    psp_account: the public id of the PSP account whose money it tells of; opaque to the ledger. covers_until_at:
    everything that happened until then should be in it; null when the file claims no such thing.
    """

    public_prefix = "stmt"

    class Format(models.TextChoices):
        STRIPE_BALANCE = "stripe_balance", "Stripe balance report"
        STRIPE_PAYOUT = "stripe_payout", "Stripe itemised payout report"
        STRIPE_PAYOUT_LIST = "stripe_payout_list", "Stripe list of payouts"
        ADYEN_SETTLEMENT = "adyen_settlement", "Adyen settlement detail report"
        CAMT053 = "camt053", "Bank statement, camt.053"
        CAMT054 = "camt054", "Bank notification, camt.054"
        MT940 = "mt940", "Bank statement, MT940"

    psp_account = models.CharField("PSP account", max_length=64)
    source = models.CharField(max_length=4, choices=Source.choices)
    format = models.CharField(max_length=20, choices=Format.choices)
    file_name = models.CharField(max_length=255, blank=True)
    file_sha256 = models.CharField(max_length=64)
    file_bytes = models.BigIntegerField()
    covers_from_at = models.DateTimeField(null=True, blank=True)
    covers_until_at = models.DateTimeField(null=True, blank=True)
    lines_stored = models.PositiveIntegerField(default=0)
    lines_known = models.PositiveIntegerField(default=0, help_text="In an earlier file already.")
    lines_unread = models.PositiveIntegerField(default=0)
    # Per currency {"opening_minor", "closing_minor", "as_of"}, where the file states them (bank statements).
    stated_balances = models.JSONField(default=dict, blank=True)
    imported_by = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "statement"
        ordering = ("-id",)
        constraints = [
            tenant_key("statement"),
            models.UniqueConstraint(
                fields=["merchant", "psp_account", "file_sha256"], name="statement_file_once"
            ),
        ]


class StatementLine(models.Model):
    """One movement as a PSP or a bank tells it. Signed minor units from the merchant's side; net = gross − fee.

    line_key: the teller's own id of the line (txn_…), or a digest where there is none; occurrence: 1, and 2 or more
    when one file holds the same line again. Both make an import of overlapping files idempotent. currency is
    the teller's word, whether or not ISO 4217 knows it. reference: what the teller calls the movement (ch_…,
    re_…, po_…); order_reference: our or the payment's name for it, a second way to find it.
    """

    id = models.BigAutoField(primary_key=True)
    merchant = models.ForeignKey(
        "foundation.Merchant", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    statement = models.ForeignKey(
        Statement, on_delete=models.PROTECT, related_name="lines", db_constraint=False, db_index=False
    )
    line_number = models.PositiveIntegerField()
    source = models.CharField(max_length=4, choices=Source.choices)
    psp_account = models.CharField("PSP account", max_length=64)
    line_key = models.CharField(max_length=128)
    occurrence = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=16)
    reference = models.CharField(max_length=128)
    order_reference = models.CharField(max_length=128)
    payout_reference = models.CharField(max_length=128)
    currency = models.CharField(max_length=3)
    gross_minor = models.BigIntegerField()
    fee_minor = models.BigIntegerField()
    net_minor = models.BigIntegerField()
    occurred_at = models.DateTimeField()
    available_at = models.DateTimeField(null=True)
    description = models.CharField(max_length=255)
    # Of a movement in another currency than the account's: what it was, and major units of `currency` for one of it.
    original_currency = models.CharField(max_length=3, db_default="")
    original_minor = models.BigIntegerField(null=True)
    exchange_rate = models.DecimalField(max_digits=38, decimal_places=18, null=True)

    across_merchants = models.Manager()
    objects = TenantManager()

    class Meta:
        verbose_name = "statement line"
        default_manager_name = "across_merchants"
        base_manager_name = "across_merchants"
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(
                fields=["merchant", "psp_account", "source", "line_key", "occurrence"],
                name="statement_line_once",
            ),
            models.CheckConstraint(
                condition=Q(net_minor=F("gross_minor") - F("fee_minor")), name="statement_line_net"
            ),
        ]
        indexes = [
            models.Index(fields=["merchant", "reference"], name="statement_line_reference"),
            # A file's lines lie together, and files come in order of time.
            BrinIndex(
                fields=["statement"],
                pages_per_range=16,
                autosummarize=True,
                name="statement_line_of_statement",
            ),
            BrinIndex(
                fields=["occurred_at"], pages_per_range=32, autosummarize=True, name="statement_line_occurred"
            ),
            # What is still held back, and what one payout paid. Lines come in order of time: block ranges are enough
            # for the first, and cost an import nothing.
            BrinIndex(fields=["available_at"], autosummarize=True, name="statement_line_available"),
            models.Index(
                fields=["merchant", "payout_reference"],
                condition=~Q(payout_reference=""),
                name="statement_line_paid_in",
            ),
        ]

    def __str__(self) -> str:
        return f"Statement line {self.line_key}"

    @property
    def net(self) -> Money | None:
        """None when ISO 4217 does not know the currency."""
        return Money(self.net_minor, self.currency) if self.currency in EXPONENTS else None


class UnreadLine(models.Model):
    """A line of a file that could not be read, as it came and why. The rest of its file is in."""

    id = models.BigAutoField(primary_key=True)
    merchant = models.ForeignKey(
        "foundation.Merchant", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    statement = models.ForeignKey(Statement, on_delete=models.PROTECT, related_name="unread_lines")
    line_number = models.PositiveIntegerField()
    text = models.CharField(max_length=2000)
    reason = models.CharField(max_length=255)

    across_merchants = models.Manager()
    objects = TenantManager()

    class Meta:
        verbose_name = "unread line"
        default_manager_name = "across_merchants"
        base_manager_name = "across_merchants"
        ordering = ("statement", "line_number")

    def __str__(self) -> str:
        return f"Unread line {self.line_number}"
