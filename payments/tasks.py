"""The jobs of payments: one line each, calling an operation or flow."""

from __future__ import annotations

from uuid import UUID

from foundation.jobs.registry import RunAgain, job
from payments.operations.execute_attempt import execute_attempt
from payments.operations.execute_capture import execute_capture
from payments.operations.execute_refund import execute_refund
from payments.operations.execute_void import execute_void
from payments.operations.expire_authorization import expire_authorization
from payments.operations.expire_authorizations import expire_authorizations
from payments.operations.handle_psp_webhook import handle_psp_webhook
from payments.operations.poll_payouts import poll_payouts
from payments.operations.resolve_unknown import resolve_unknown
from payments.operations.stage_payout_polls import stage_payout_polls
from payments.operations.sweep_due_checks import sweep_due_checks
from payments.operations.sweep_psp_webhooks import BATCH, sweep_psp_webhooks


@job("payments.execute_attempt", queue="psp")
def execute_attempt_job(*, merchant_id: str, attempt_id: str) -> None:
    execute_attempt(merchant_id=UUID(merchant_id), attempt_id=UUID(attempt_id))


@job("payments.execute_capture", queue="psp")
def execute_capture_job(*, merchant_id: str, capture_id: str) -> None:
    execute_capture(merchant_id=UUID(merchant_id), capture_id=UUID(capture_id))


@job("payments.execute_void", queue="psp")
def execute_void_job(*, merchant_id: str, attempt_id: str) -> None:
    execute_void(merchant_id=UUID(merchant_id), attempt_id=UUID(attempt_id))


@job("payments.execute_refund", queue="psp")
def execute_refund_job(*, merchant_id: str, refund_id: str) -> None:
    execute_refund(merchant_id=UUID(merchant_id), refund_id=UUID(refund_id))


@job("payments.resolve_unknown", queue="psp")
def resolve_unknown_job(*, merchant_id: str, kind: str, subject_id: str) -> None:
    resolve_unknown(merchant_id=UUID(merchant_id), kind=kind, subject_id=UUID(subject_id))


@job("payments.handle_psp_webhook", queue="psp")
def handle_psp_webhook_job(*, merchant_id: str, webhook_id: str) -> RunAgain | None:
    return handle_psp_webhook(merchant_id=UUID(merchant_id), webhook_id=UUID(webhook_id))


@job("payments.expire_authorization", queue="psp")
def expire_authorization_job(*, merchant_id: str, attempt_id: str) -> None:
    expire_authorization(merchant_id=UUID(merchant_id), attempt_id=UUID(attempt_id))


@job("payments.expire_authorizations")
def expire_authorizations_job() -> None:
    expire_authorizations()


@job("payments.poll_payouts", queue="psp")
def poll_payouts_job(*, merchant_id: str, psp_account_id: str) -> None:
    poll_payouts(merchant_id=UUID(merchant_id), psp_account_id=UUID(psp_account_id))


@job("payments.stage_payout_polls")
def stage_payout_polls_job() -> None:
    stage_payout_polls()


@job("payments.sweep_due_checks")
def sweep_due_checks_job() -> None:
    sweep_due_checks()


@job("payments.sweep_psp_webhooks")
def sweep_psp_webhooks_job() -> RunAgain | None:
    return RunAgain(after_seconds=0) if sweep_psp_webhooks() >= BATCH else None
