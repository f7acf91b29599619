"""Exchange: the rate at which an entry turned one currency into another, kept for ever."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from foundation import clock
from foundation.tenancy.scoping import TenantModel, same_merchant, tenant_key


class Exchange(TenantModel):
    """sold became bought at `rate`: major units of the bought currency for one of the sold.

    The entry carries both sides through the fx account of the pair (ledger/paths.py), so that each currency
    sums to zero; what that account holds is the position that the exchanges left.
    """

    public_prefix = "exch"

    entry = models.ForeignKey(
        "ledger.JournalEntry", on_delete=models.PROTECT, related_name="exchanges", db_constraint=False
    )
    number = models.PositiveSmallIntegerField(help_text="1, 2, …: within the entry.")
    sold_minor = models.BigIntegerField()
    sold_currency = models.CharField(max_length=3)
    bought_minor = models.BigIntegerField()
    bought_currency = models.CharField(max_length=3)
    rate = models.DecimalField(max_digits=38, decimal_places=18)
    rate_source = models.CharField(max_length=64)
    quoted_at = models.DateTimeField()
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta(TenantModel.Meta):
        verbose_name = "exchange"
        ordering = ("entry_id", "number")
        constraints = [
            tenant_key("exchange"),
            same_merchant("exchange", "entry", "ledger_journalentry"),
            models.UniqueConstraint(fields=["merchant", "entry", "number"], name="exchange_number_once"),
            models.CheckConstraint(
                condition=Q(sold_minor__gt=0)
                & Q(bought_minor__gt=0)
                & Q(rate__gt=0)
                & ~Q(sold_currency=F("bought_currency")),
                name="exchange_turns_one_into_another",
            ),
        ]
