"""Runs, what each account ties out to, matches of lines with entries, and breaks.

A break has two lives. Its status is what people decide (explain, write off); resolved_at is what a run found:
the difference went away by itself. It is open while neither has ended it.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition

from foundation import clock
from foundation.events.fields import Xid8Field
from foundation.money import EXPONENTS, Money
from foundation.tenancy.scoping import TenantManager, TenantModel, same_merchant, tenant_key
from ledger.models.statements import Source


class ReconciliationRun(TenantModel):
    """One comparison of the statements with the books. as_of_at: figures count what had happened by then.

    follows: the run of the latest earlier instant, whose closing balances are the opening ones here. lines_up_to,
    items_up_to: the last line and the transaction up to which everything was looked at when the run was made; the
    next run looks at what came since and at what stayed open. is_full: everything was looked at again.
    """

    public_prefix = "recon"

    as_of_at = models.DateTimeField()
    follows = models.ForeignKey(
        "self", null=True, blank=True, db_constraint=False, on_delete=models.PROTECT, related_name="+"
    )
    lines_up_to = models.BigIntegerField(null=True, blank=True)
    items_up_to: models.Field[int | None, int | None] = Xid8Field(null=True, blank=True)  # type: ignore[misc,assignment]
    accounts_stated = models.PositiveIntegerField(
        default=0, help_text="PSP accounts with statements, by source."
    )
    items_open = models.PositiveIntegerField(default=0, help_text="OpenItems that the run left.")
    is_full = models.BooleanField(default=True)
    matched = models.PositiveIntegerField(default=0, help_text="Lines matched by this run.")
    breaks_opened = models.PositiveIntegerField(default=0)
    breaks_resolved = models.PositiveIntegerField(default=0)
    breaks_open = models.PositiveIntegerField(default=0)
    ties_out = models.BooleanField(default=False)
    actor = models.CharField(max_length=150, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "reconciliation"
        ordering = ("-id",)
        constraints = [
            tenant_key("reconciliation_run"),
            same_merchant("reconciliation_run", "follows", "ledger_reconciliationrun"),
        ]
        indexes = [models.Index(fields=["merchant", "-as_of_at", "-id"], name="reconciliation_run_as_of")]


class ReconciliationTie(TenantModel):
    """One PSP account, source and currency of a run, in two equations that hold to the minor unit:

    opening + matched + breaks = closing: what the other side says, from one run to the next; a line is matched or in
    a break. book + open breaks − on its way + difference = closing: what it says beside our books. For a PSP, closing
    is what it owes by its own statements, and book what its clearing account says. For a bank, closing is what
    arrived of the PSP's payouts, and book what was sent. open breaks: all of them, however old, as they stood.
    difference: what no break explains.
    """

    public_prefix = "tie"

    run = models.ForeignKey(
        ReconciliationRun, db_constraint=False, on_delete=models.PROTECT, related_name="ties"
    )
    psp_account = models.CharField("PSP account", max_length=64)
    source = models.CharField(max_length=4, choices=Source.choices)
    currency = models.CharField(max_length=3)
    opening_minor = models.BigIntegerField()
    matched_minor = models.BigIntegerField()
    breaks_minor = models.BigIntegerField()
    closing_minor = models.BigIntegerField()
    open_breaks_minor = models.BigIntegerField(default=0)
    book_minor = models.BigIntegerField()
    on_its_way_minor = models.BigIntegerField()
    difference_minor = models.BigIntegerField()

    class Meta(TenantModel.Meta):
        verbose_name = "tie-out"
        ordering = ("psp_account", "source", "currency")
        constraints = [
            tenant_key("reconciliation_tie"),
            same_merchant("reconciliation_tie", "run", "ledger_reconciliationrun"),
        ]
        indexes = [models.Index(fields=["run"], name="reconciliation_tie_of_run")]


class ReconciliationMatch(models.Model):
    """A line and an entry that tell of one movement, and the rule that found it. Append-only by trigger.

    One line may match several entries and one entry several lines; an entry that is a payout matches a PSP's line
    and a bank's. No foreign key checks its parents: see ledger/models/statements.py.
    """

    # In PostgreSQL the other way round: the entry is looked up by the key, the line by block ranges (migration 0008).
    pk = models.CompositePrimaryKey("line_id", "entry_id")
    merchant = models.ForeignKey(
        "foundation.Merchant", on_delete=models.PROTECT, related_name="+", db_constraint=False, db_index=False
    )
    line = models.ForeignKey(
        "ledger.StatementLine",
        on_delete=models.PROTECT,
        related_name="matches",
        db_constraint=False,
        db_index=False,
    )
    entry = models.ForeignKey(
        "ledger.JournalEntry",
        on_delete=models.PROTECT,
        related_name="matches",
        db_constraint=False,
        db_index=False,
    )
    source = models.CharField(max_length=4, choices=Source.choices)
    rule = models.CharField(max_length=24)
    run = models.ForeignKey(
        ReconciliationRun,
        null=True,
        on_delete=models.PROTECT,
        related_name="matches",
        db_constraint=False,
        db_index=False,
    )

    across_merchants = models.Manager()
    objects = TenantManager()

    class Meta:
        verbose_name = "match"
        verbose_name_plural = "matches"
        default_manager_name = "across_merchants"
        base_manager_name = "across_merchants"
        indexes = [
            # A run writes its matches in order of the lines, so that few blocks hold any one of them.
            BrinIndex(
                fields=["line"], pages_per_range=8, autosummarize=True, name="reconciliation_match_line"
            ),
            models.Index(fields=["run"], condition=Q(source="bank"), name="reconciliation_match_arrivals"),
        ]

    def __str__(self) -> str:
        return f"Match of line {self.line_id}"


class ReconciliationBreak(TenantModel):
    """One difference between a statement and the books, until it is gone, explained for good or written off.

    psp_minor: what the PSP or bank says (net); book_minor: what our books say; null: nothing. amount_minor: the
    effect on the account, psp − book in `currency`. line_currency differs only in unknown_currency. entry: the largest
    of the entries that book_minor sums; all of them are BreakEntries.
    """

    public_prefix = "brk"

    class Kind(models.TextChoices):
        MISSING_AT_US = "missing_at_us", "Missing at us"
        MISSING_AT_PSP = "missing_at_psp", "Missing at the PSP"
        AMOUNT_DIFFERS = "amount_differs", "Amount differs"
        FEE_DIFFERS = "fee_differs", "Fee differs"
        DUPLICATE = "duplicate", "Duplicate"
        UNKNOWN_CURRENCY = "unknown_currency", "Unknown currency"
        LATE = "late", "Late"

    class Status(models.TextChoices):
        OPEN = "open"
        EXPLAINED = "explained"
        WRITE_OFF_REQUESTED = "write_off_requested", "Write-off requested"
        WRITTEN_OFF = "written_off", "Written off"

    kind = models.CharField(max_length=16, choices=Kind.choices)
    status = FSMField(max_length=20, choices=Status.choices, default=Status.OPEN, protected=True)
    psp_account = models.CharField("PSP account", max_length=64)
    source = models.CharField(max_length=4, choices=Source.choices)
    # The line has a bigint key and is no tenant row by type; the run that opens a break reads both by merchant.
    line = models.ForeignKey(
        "ledger.StatementLine",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="breaks",
        db_constraint=False,
    )
    entry = models.ForeignKey(
        "ledger.JournalEntry",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="breaks",
        db_constraint=False,
        db_index=False,
    )
    reference = models.CharField(max_length=255, blank=True)
    currency = models.CharField(max_length=3)
    line_currency = models.CharField(max_length=3, blank=True)
    psp_minor = models.BigIntegerField(null=True, blank=True)
    book_minor = models.BigIntegerField(null=True, blank=True)
    amount_minor = models.BigIntegerField()
    entry_count = models.PositiveIntegerField(default=0)
    occurred_at = models.DateTimeField()
    opened_by = models.ForeignKey(
        ReconciliationRun, db_constraint=False, on_delete=models.PROTECT, related_name="breaks"
    )
    created_at = models.DateTimeField(default=clock.now, editable=False)
    resolved_at = models.DateTimeField(null=True, blank=True)
    owner = models.CharField(max_length=150, blank=True)
    explanation = models.CharField(max_length=1000, blank=True)
    write_off_reason = models.CharField(max_length=500, blank=True)
    write_off_requested_by = models.CharField(max_length=150, blank=True)
    write_off_decided_by = models.CharField(max_length=150, blank=True)
    write_off_entry = models.ForeignKey(
        "ledger.JournalEntry",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )

    class Meta(TenantModel.Meta):
        verbose_name = "break"
        ordering = ("-id",)
        constraints = [
            tenant_key("reconciliation_break"),
            same_merchant("reconciliation_break", "entry", "ledger_journalentry"),
            same_merchant("reconciliation_break", "opened_by", "ledger_reconciliationrun"),
            same_merchant("reconciliation_break", "write_off_entry", "ledger_journalentry"),
            models.CheckConstraint(
                condition=Q(line__isnull=False) | Q(entry__isnull=False), name="break_names_something"
            ),
            models.CheckConstraint(
                condition=~Q(status="written_off")
                | (
                    Q(write_off_entry__isnull=False)
                    & ~Q(write_off_requested_by="")
                    & ~Q(write_off_decided_by="")
                    & ~Q(write_off_reason="")
                    & ~Q(write_off_requested_by=F("write_off_decided_by"))
                ),
                name="break_written_off_by_two",
            ),
        ]
        indexes = [
            models.Index(
                fields=["merchant", "kind", "id"],
                condition=Q(resolved_at__isnull=True),
                name="reconciliation_break_open",
            ),
            models.Index(
                fields=["entry"], condition=Q(entry__isnull=False), name="reconciliation_break_entry"
            ),
            models.Index(
                fields=["merchant"], condition=Q(status="written_off"), name="reconciliation_break_ended"
            ),
        ]

    @property
    def is_open(self) -> bool:
        return self.resolved_at is None and self.status != self.Status.WRITTEN_OFF

    @property
    def amount(self) -> Money | None:
        """None when ISO 4217 does not know the currency."""
        return Money(self.amount_minor, self.currency) if self.currency in EXPONENTS else None

    @transition(field=status, source=[Status.OPEN, Status.EXPLAINED], target=Status.EXPLAINED)
    def explain(self, explanation: str) -> None:
        """Somebody knows why; it stays open until the difference is gone or written off."""
        self.explanation = explanation

    @transition(field=status, source=[Status.OPEN, Status.EXPLAINED], target=Status.WRITE_OFF_REQUESTED)
    def request_write_off(self, requested_by: str, reason: str) -> None:
        self.write_off_requested_by = requested_by
        self.write_off_reason = reason

    @transition(field=status, source=Status.WRITE_OFF_REQUESTED, target=Status.OPEN)
    def refuse_write_off(self, decided_by: str) -> None:
        self.write_off_decided_by = decided_by

    @transition(field=status, source=Status.WRITE_OFF_REQUESTED, target=Status.WRITTEN_OFF)
    def write_off(self, decided_by: str, entry_id: UUID) -> None:
        self.write_off_decided_by = decided_by
        self.write_off_entry_id = entry_id
