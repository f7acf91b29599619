"""The jobs of subscriptions: one line each, calling an operation or flow."""

from __future__ import annotations

from uuid import UUID

from foundation.jobs.registry import RunAgain, job
from subscriptions.operations.announce_trial_end import announce_trial_end
from subscriptions.operations.apply_schedule_phase import apply_schedule_phase
from subscriptions.operations.begin_schedule import begin_schedule
from subscriptions.operations.check_number_gaps import check_number_gaps
from subscriptions.operations.claim_due_drafts import BATCH as DRAFTS_BATCH
from subscriptions.operations.claim_due_drafts import claim_due_drafts
from subscriptions.operations.claim_due_renewals import BATCH, claim_due_renewals
from subscriptions.operations.claim_due_retries import BATCH as RETRIES_BATCH
from subscriptions.operations.claim_due_retries import claim_due_retries
from subscriptions.operations.collect_invoice import collect_invoice
from subscriptions.operations.end_at_date import end_at_date
from subscriptions.operations.expire_incomplete_subscription import expire_incomplete_subscription
from subscriptions.operations.expire_incomplete_subscriptions import expire_incomplete_subscriptions
from subscriptions.operations.expire_pending_update import expire_pending_update
from subscriptions.operations.expire_resumption import expire_resumption
from subscriptions.operations.finalize_invoice import finalize_invoice
from subscriptions.operations.finalize_invoices import finalize_invoices
from subscriptions.operations.note_overdue_invoice import note_overdue_invoice
from subscriptions.operations.recheck_lines import recheck_lines
from subscriptions.operations.recognise_revenue import BATCH as REVENUE_BATCH
from subscriptions.operations.recognise_revenue import recognise_revenue
from subscriptions.operations.refund_credit_note import refund_credit_note
from subscriptions.operations.renew_subscription import renew_subscription
from subscriptions.operations.renew_subscriptions import renew_subscriptions
from subscriptions.operations.resume_collection import resume_collection
from subscriptions.operations.retry_invoice import retry_invoice
from subscriptions.operations.stage_due_work import stage_due_work
from subscriptions.operations.turn_test_clock import Turned, turn_test_clock

NUMBERS_SECONDS = 1
"""How long a batch of drafts waits for another of its merchant, whose numbers come first."""
OUTCOME_SECONDS = 2
"""How long a test clock stands still before it looks again whether a payment was decided."""


@job("subscriptions.renew", queue="billing")
def renew_job(*, merchant_id: str, subscription_id: str) -> None:
    renew_subscription(merchant_id=UUID(merchant_id), subscription_id=UUID(subscription_id))


@job("subscriptions.renew_together", queue="billing")
def renew_together_job(*, merchant_id: str, subscription_ids: list[str]) -> None:
    renew_subscriptions(
        merchant_id=UUID(merchant_id), subscription_ids=[UUID(one) for one in subscription_ids]
    )


@job("subscriptions.finalize_invoice", queue="billing")
def finalize_invoice_job(*, merchant_id: str, invoice_id: str) -> None:
    finalize_invoice(merchant_id=UUID(merchant_id), invoice_id=UUID(invoice_id), only_when_due=True)


@job("subscriptions.finalize_together", queue="billing")
def finalize_together_job(*, merchant_id: str, invoice_ids: list[str]) -> RunAgain | None:
    return _after_others(
        finalize_invoices(merchant_id=UUID(merchant_id), invoice_ids=[UUID(one) for one in invoice_ids])
    )


@job("subscriptions.collect_invoice", queue="billing")
def collect_invoice_job(*, merchant_id: str, invoice_id: str, attempt: int) -> None:
    collect_invoice(merchant_id=UUID(merchant_id), invoice_id=UUID(invoice_id), attempt=attempt)


@job("subscriptions.expire_incomplete", queue="billing")
def expire_incomplete_job(*, merchant_id: str, subscription_id: str) -> None:
    expire_incomplete_subscription(merchant_id=UUID(merchant_id), subscription_id=UUID(subscription_id))


@job("subscriptions.claim_due_renewals")
def claim_due_renewals_job() -> RunAgain | None:
    return RunAgain(after_seconds=0) if claim_due_renewals() >= BATCH else None


@job("subscriptions.claim_due_drafts")
def claim_due_drafts_job() -> RunAgain | None:
    return RunAgain(after_seconds=0) if claim_due_drafts() >= DRAFTS_BATCH else None


@job("subscriptions.sweep_incomplete")
def sweep_incomplete_job() -> None:
    expire_incomplete_subscriptions()


@job("subscriptions.claim_due_retries")
def claim_due_retries_job() -> RunAgain | None:
    return RunAgain(after_seconds=0) if claim_due_retries() >= RETRIES_BATCH else None


@job("subscriptions.stage_due_work")
def stage_due_work_job() -> None:
    stage_due_work()


@job("subscriptions.recognise_revenue", queue="reports")
def recognise_revenue_job() -> RunAgain | None:
    return RunAgain(after_seconds=0) if recognise_revenue() >= REVENUE_BATCH else None


@job("subscriptions.check_number_gaps", queue="reports")
def check_number_gaps_job() -> None:
    check_number_gaps()


@job("subscriptions.recheck_lines", queue="reports")
def recheck_lines_job() -> None:
    recheck_lines()


@job("subscriptions.retry_invoice", queue="billing")
def retry_invoice_job(*, merchant_id: str, dunning_run_id: str) -> None:
    retry_invoice(merchant_id=UUID(merchant_id), dunning_run_id=UUID(dunning_run_id))


@job("subscriptions.refund_credit_note", queue="billing")
def refund_credit_note_job(*, merchant_id: str, credit_note_id: str) -> None:
    refund_credit_note(merchant_id=UUID(merchant_id), credit_note_id=UUID(credit_note_id))


@job("subscriptions.note_overdue", queue="billing")
def note_overdue_job(*, merchant_id: str, invoice_id: str) -> None:
    note_overdue_invoice(merchant_id=UUID(merchant_id), invoice_id=UUID(invoice_id))


@job("subscriptions.expire_resumption", queue="billing")
def expire_resumption_job(*, merchant_id: str, subscription_id: str) -> None:
    expire_resumption(merchant_id=UUID(merchant_id), subscription_id=UUID(subscription_id))


@job("subscriptions.resume_collection", queue="billing")
def resume_collection_job(*, merchant_id: str, subscription_id: str) -> None:
    resume_collection(merchant_id=UUID(merchant_id), subscription_id=UUID(subscription_id))


@job("subscriptions.apply_phase", queue="billing")
def apply_phase_job(*, merchant_id: str, subscription_id: str) -> None:
    apply_schedule_phase(merchant_id=UUID(merchant_id), subscription_id=UUID(subscription_id))


@job("subscriptions.expire_pending_update", queue="billing")
def expire_pending_update_job(*, merchant_id: str, subscription_id: str) -> None:
    expire_pending_update(merchant_id=UUID(merchant_id), subscription_id=UUID(subscription_id))


@job("subscriptions.announce_trial_end", queue="billing")
def announce_trial_end_job(*, merchant_id: str, subscription_id: str) -> None:
    announce_trial_end(merchant_id=UUID(merchant_id), subscription_id=UUID(subscription_id))


@job("subscriptions.begin_schedule", queue="billing")
def begin_schedule_job(*, merchant_id: str, schedule_id: str) -> None:
    begin_schedule(merchant_id=UUID(merchant_id), schedule_id=UUID(schedule_id))


@job("subscriptions.end_at_date", queue="billing")
def end_at_date_job(*, merchant_id: str, subscription_id: str) -> None:
    end_at_date(merchant_id=UUID(merchant_id), subscription_id=UUID(subscription_id))


@job("subscriptions.turn_test_clock", queue="billing")
def turn_test_clock_job(*, merchant_id: str, test_clock_id: str) -> RunAgain | None:
    return _again(turn_test_clock(merchant_id=UUID(merchant_id), test_clock_id=UUID(test_clock_id)))


def _after_others(done: int | None) -> RunAgain | None:
    return RunAgain(after_seconds=NUMBERS_SECONDS) if done is None else None


def _again(turned: Turned) -> RunAgain | None:
    """A clock that waits for a payment looks again in a moment; one that goes on has only made room for others."""
    waits = {Turned.GOES_ON: 0, Turned.WAITING: OUTCOME_SECONDS}
    return RunAgain(after_seconds=waits[turned]) if turned in waits else None
