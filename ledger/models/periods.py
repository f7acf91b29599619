"""AccountingPeriod: a closed stretch of the books, and PeriodBalance: how every account stood at its end."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django_fsm import FSMField, transition

from foundation import clock
from foundation.tenancy.scoping import TenantModel, tenant_key


class AccountingPeriod(TenantModel):
    """starts_at included, ends_at not. Periods follow each other without a gap; the first has no start.

    While it is closed, PostgreSQL refuses entries dated inside it (migration 0005), so whatever was true of
    it at its closing stays true. Only the last one can be opened again, by another person than closed it.
    frozen_at: when its PeriodBalances were written.
    """

    public_prefix = "per"

    class Status(models.TextChoices):
        CLOSED = "closed"
        REOPENED = "reopened"

    starts_at = models.DateTimeField(null=True, blank=True)
    ends_at = models.DateTimeField()
    status = FSMField(max_length=8, choices=Status.choices, default=Status.CLOSED, protected=True)
    closed_at = models.DateTimeField(default=clock.now, editable=False)
    closed_by = models.CharField(max_length=150)
    frozen_at = models.DateTimeField(null=True, blank=True)
    reopened_at = models.DateTimeField(null=True, blank=True)
    reopened_by = models.CharField(max_length=150, blank=True)
    reopen_reason = models.CharField(max_length=500, blank=True)

    class Meta(TenantModel.Meta):
        verbose_name = "period"
        ordering = ("-id",)
        constraints = [
            tenant_key("period"),
            models.UniqueConstraint(
                fields=["merchant", "ends_at"], condition=Q(status="closed"), name="period_closed_once"
            ),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True) | Q(starts_at__lt=F("ends_at")), name="period_has_length"
            ),
            models.CheckConstraint(
                condition=Q(status="closed", reopened_at__isnull=True, reopened_by="")
                | Q(status="reopened", reopened_at__isnull=False)
                & ~Q(reopened_by="")
                & ~Q(reopened_by=F("closed_by"))
                & ~Q(reopen_reason=""),
                name="period_reopened_by_another",
            ),
        ]

    @transition(field=status, source=Status.CLOSED, target=Status.REOPENED)
    def reopen(self) -> None:
        """Entries dated inside it are taken again; its frozen balances are history."""


class PeriodBalance(models.Model):
    """Debits and credits of an account by everything dated before the period's end; both positive or zero."""

    id = models.BigAutoField(primary_key=True)
    period = models.ForeignKey(
        AccountingPeriod, on_delete=models.PROTECT, related_name="balances", db_index=False
    )
    account = models.ForeignKey(
        "ledger.LedgerAccount", on_delete=models.PROTECT, related_name="period_balances"
    )
    # A sum of many bigints can leave the range of bigint.
    debits = models.DecimalField(max_digits=38, decimal_places=0)
    credits = models.DecimalField(max_digits=38, decimal_places=0)

    class Meta:
        verbose_name = "period balance"
        constraints = [models.UniqueConstraint(fields=["period", "account"], name="period_balance_once")]

    def __str__(self) -> str:
        return f"Period balance {self.id}"
