"""Measure a merchant's month by the networks' programs, and warn once at half, three quarters and nine tenths."""

from __future__ import annotations

from uuid import UUID

from disputes import events
from disputes.locks import lock_monitoring_figure
from disputes.models import MonitoringFigure
from disputes.queries.monitoring import Measured, Month, read_programs
from foundation import clock
from foundation.events.publishing import publish
from foundation.transactions import owns_transaction


@owns_transaction
def measure_monitoring(*, merchant_id: UUID) -> None:
    """Writes: a MonitoringFigure per program for the month so far; dispute.monitoring_warning the first time that a
    share of a threshold is passed in a month. Safe to repeat, and two at once: the figure is locked."""
    now = clock.now()
    month = Month.of(now)
    for measured in read_programs(merchant_id=merchant_id, month=month, now=now):
        _keep(merchant_id, month, measured)


def _keep(merchant_id: UUID, month: Month, measured: Measured) -> None:
    reading = measured.reading
    blank = MonitoringFigure(
        merchant_id=merchant_id,
        program=reading.program,
        month=month.first_day,
        count=0,
        base=0,
        rate_bps=0,
        projected_count=0,
    )
    MonitoringFigure.across_merchants.bulk_create([blank], ignore_conflicts=True)
    figure = lock_monitoring_figure(merchant_id=merchant_id, program=reading.program, month=month.first_day)
    is_nearer = reading.warned_at_bps > figure.warned_at_bps or (
        reading.reached != figure.reached and bool(reading.reached)
    )
    figure.count, figure.base = reading.count, reading.base
    figure.rate_bps = int(reading.rate_bps)
    figure.projected_count = measured.projected_count
    figure.reached = reading.reached
    figure.warned_at_bps = max(reading.warned_at_bps, figure.warned_at_bps)
    figure.measured_at = clock.now()
    figure.save()
    if is_nearer:
        publish(
            merchant_id=merchant_id,
            type=events.MONITORING_WARNING,
            object_type="monitoring_figure",
            object_id=figure.id,
            data={
                "id": figure.public_id,
                "object": "monitoring_figure",
                "program": reading.program,
                "count": reading.count,
                "base": reading.base,
                "rate_bps": figure.rate_bps,
                "reached": reading.reached or None,
                "warned_at_bps": reading.warned_at_bps,
                "projected_count": measured.projected_count,
                "days_left": measured.days_left,
            },
        )
