"""The jobs of disputes: one line each, calling an operation or flow."""

from __future__ import annotations

from uuid import UUID

from disputes.operations.act_on_clock import act_on_clock
from disputes.operations.execute_order import execute_order
from disputes.operations.measure_monitoring import measure_monitoring
from disputes.operations.resolve_order import resolve_order
from disputes.operations.stage_monitoring import stage_monitoring
from disputes.operations.sweep_disputes import BATCH, sweep_disputes
from foundation.jobs.registry import RunAgain, job


@job("disputes.execute_order", queue="psp")
def execute_order_job(*, merchant_id: str, order_id: str) -> None:
    execute_order(merchant_id=UUID(merchant_id), order_id=UUID(order_id))


@job("disputes.resolve_order", queue="psp")
def resolve_order_job(*, merchant_id: str, order_id: str) -> None:
    resolve_order(merchant_id=UUID(merchant_id), order_id=UUID(order_id))


@job("disputes.act_on_clock")
def act_on_clock_job(*, merchant_id: str, dispute_id: str) -> None:
    act_on_clock(merchant_id=UUID(merchant_id), dispute_id=UUID(dispute_id))


@job("disputes.stage_monitoring")
def stage_monitoring_job() -> None:
    stage_monitoring()


@job("disputes.measure_monitoring", queue="reports")
def measure_monitoring_job(*, merchant_id: str) -> None:
    measure_monitoring(merchant_id=UUID(merchant_id))


@job("disputes.sweep_disputes")
def sweep_disputes_job() -> RunAgain | None:
    return RunAgain(after_seconds=0) if sweep_disputes() >= BATCH else None
