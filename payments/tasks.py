"""The jobs of payments: one line each, calling an operation or flow."""

from __future__ import annotations

from uuid import UUID

from foundation.jobs.registry import RunAgain, job
from payments.operations.close_line_cases import close_line_cases
from payments.operations.execute_attempt import execute_attempt
from payments.operations.execute_capture import execute_capture
from payments.operations.execute_refund import execute_refund
from payments.operations.execute_void import execute_void
from payments.operations.expire_authorization import expire_authorization
from payments.operations.expire_authorizations import expire_authorizations
from payments.operations.handle_psp_webhook import handle_psp_webhook
from payments.operations.keep_breaker_switches import keep_breaker_switches
from payments.operations.keep_used_method import keep_used_method
from payments.operations.lapse_refund_approvals import BATCH as LAPSE_BATCH
from payments.operations.lapse_refund_approvals import lapse_refund_approvals
from payments.operations.poll_payouts import poll_payouts
from payments.operations.poll_psp_events import poll_psp_events
from payments.operations.record_case_resolution import record_case_resolution
from payments.operations.resolve_unknown import resolve_unknown
from payments.operations.retry_payment import retry_payment
from payments.operations.roll_routing_scores import roll_routing_scores
from payments.operations.run_backtest import run_backtest
from payments.operations.save_waiting_tokens import save_waiting_tokens
from payments.operations.stage_event_polls import stage_event_polls
from payments.operations.stage_payout_polls import stage_payout_polls
from payments.operations.sweep_due_checks import sweep_due_checks
from payments.operations.sweep_psp_webhooks import BATCH, sweep_psp_webhooks
from payments.operations.watch_experiments import watch_experiments


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


@job("payments.keep_used_method", queue="psp")
def keep_used_method_job(*, merchant_id: str, payment_method_id: str, customer_id: str) -> None:
    keep_used_method(
        merchant_id=UUID(merchant_id),
        payment_method_id=UUID(payment_method_id),
        customer_id=UUID(customer_id),
    )


@job("payments.save_waiting_tokens", queue="psp")
def save_waiting_tokens_job(*, merchant_id: str, payment_method_id: str, customer_id: str) -> None:
    save_waiting_tokens(
        merchant_id=UUID(merchant_id),
        payment_method_id=UUID(payment_method_id),
        customer_id=UUID(customer_id),
    )


@job("payments.close_line_cases")
def close_line_cases_job() -> None:
    close_line_cases()


@job("payments.record_case_resolution")
def record_case_resolution_job(*, merchant_id: str, resolution_id: str) -> None:
    record_case_resolution(merchant_id=UUID(merchant_id), resolution_id=UUID(resolution_id))


@job("payments.retry_payment", queue="psp")
def retry_payment_job(*, merchant_id: str, payment_intent_id: str, after_attempt_id: str) -> RunAgain | str:
    return retry_payment(
        merchant_id=UUID(merchant_id),
        payment_intent_id=UUID(payment_intent_id),
        after_attempt_id=UUID(after_attempt_id),
    )


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


@job("payments.lapse_refund_approvals")
def lapse_refund_approvals_job() -> RunAgain | None:
    return RunAgain(after_seconds=0) if lapse_refund_approvals() >= LAPSE_BATCH else None


@job("payments.sweep_due_checks")
def sweep_due_checks_job() -> None:
    sweep_due_checks()


@job("payments.poll_psp_account", queue="psp")
def poll_psp_account_job(*, merchant_id: str, psp_account_id: str) -> RunAgain | str:
    return poll_psp_events(merchant_id=UUID(merchant_id), psp_account_id=UUID(psp_account_id))


@job("payments.poll_psp_events")
def poll_psp_events_job() -> None:
    stage_event_polls()


@job("payments.keep_breaker_switches")
def keep_breaker_switches_job() -> None:
    keep_breaker_switches()


@job("payments.sweep_psp_webhooks")
def sweep_psp_webhooks_job() -> RunAgain | None:
    return RunAgain(after_seconds=0) if sweep_psp_webhooks() >= BATCH else None


@job("payments.roll_routing_scores")
def roll_routing_scores_job() -> None:
    roll_routing_scores()


@job("payments.watch_experiments")
def watch_experiments_job() -> None:
    watch_experiments()


@job("payments.run_backtest", queue="reports")
def run_backtest_job(*, merchant_id: str, backtest_id: str) -> RunAgain | None:
    return run_backtest(merchant_id=UUID(merchant_id), backtest_id=UUID(backtest_id))
