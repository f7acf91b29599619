"""Tax rates that merchants set by hand: what the static provider answers with."""

from __future__ import annotations

from fractions import Fraction

from django.db import models
from django.db.models import Q

from foundation import clock
from foundation.audit.history import PersonHistory
from foundation.tenancy.scoping import TenantModel, tenant_key
from subscriptions.taxes import Rate, Taxability


class TaxRate(TenantModel):
    """A rate of one jurisdiction. percentage: 20 is a fifth; it and inclusive never change."""

    public_prefix = "txr"

    display_name = models.CharField(max_length=50)
    description = models.CharField(max_length=1000, blank=True)
    percentage = models.DecimalField(max_digits=7, decimal_places=4)
    inclusive = models.BooleanField()
    is_active = models.BooleanField(default=True)
    jurisdiction = models.CharField(max_length=50, blank=True)
    country = models.CharField(max_length=2, blank=True)
    state = models.CharField(max_length=8, blank=True)
    tax_type = models.CharField(max_length=32, blank=True)
    metadata = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    history = PersonHistory()

    class Meta(TenantModel.Meta):
        verbose_name = "tax rate"
        ordering = ("-id",)
        constraints = [
            tenant_key("tax_rate"),
            models.CheckConstraint(
                condition=Q(percentage__gte=0, percentage__lte=100), name="tax_rate_is_a_percentage"
            ),
        ]

    @property
    def rate(self) -> Rate:
        """The rate as taxes.py reckons with it."""
        zero = self.percentage == 0
        return Rate(
            key=self.public_id,
            percentage=Fraction(self.percentage),
            inclusive=self.inclusive,
            jurisdiction=self.jurisdiction or self.country,
            taxability=Taxability.ZERO_RATED if zero else Taxability.STANDARD_RATED,
        )
