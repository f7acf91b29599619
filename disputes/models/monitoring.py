"""What the networks' monitoring programs count of a merchant, kept by month so that people see where it goes."""

from __future__ import annotations

from django.db import models

from foundation import clock
from foundation.tenancy.scoping import TenantModel, tenant_key


class MonitoringFigure(TenantModel):
    """One program in one month. rate_bps: basis points, rounded down; the exact one is count over base.
    warned_at_bps: the highest share of the next threshold at which people were warned, 0 for none."""

    public_prefix = "dmon"

    program = models.CharField(max_length=24)
    month = models.DateField(help_text="Its first day.")
    count = models.PositiveIntegerField()
    base = models.PositiveIntegerField()
    rate_bps = models.PositiveIntegerField()
    projected_count = models.PositiveIntegerField()
    reached = models.CharField(max_length=16, blank=True)
    warned_at_bps = models.PositiveIntegerField(default=0)
    measured_at = models.DateTimeField(default=clock.now)

    class Meta(TenantModel.Meta):
        verbose_name = "monitoring figure"
        verbose_name_plural = "monitoring"
        ordering = ("-month", "program")
        constraints = [
            tenant_key("monitoring_figure"),
            models.UniqueConstraint(
                fields=["merchant", "program", "month"], name="monitoring_figure_once_a_month"
            ),
        ]
