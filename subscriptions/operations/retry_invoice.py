"""Make the scheduled try of a dunned invoice, or let the schedule tick without one."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from foundation.transactions import outside_transaction, owns_transaction
from subscriptions.errors import InvoicePaymentUnresolved
from subscriptions.locks import lock_invoice, lock_subscription
from subscriptions.models import DunningRun, Invoice, InvoicePaymentStatus, InvoiceStatus, RunStatus
from subscriptions.operations.collect_invoice import collect_invoice
from subscriptions.queries.dunning import find_run, read_overdue_minor
from subscriptions.queries.invoices import find_latest_payment, get_invoice
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.dunning import postpone_try, skip_try, stop_run
from subscriptions.steps.finish_dunning import finish_dunning

LEASE = timedelta(minutes=15)
"""How long a try that was begun is left to its outcome before somebody looks again."""
BELOW_THRESHOLD = timedelta(days=1)
UNRESOLVED = timedelta(minutes=5)


@outside_transaction
def retry_invoice(
    *, merchant_id: UUID, dunning_run_id: UUID, in_background: bool = True
) -> DunningRun | None:
    """The run as it stands afterwards; None when there is no such run.

    After a hard decline nothing is charged before there is a new method. While the customer owes less than the
    policy's threshold, nothing is tried. An unknown outcome is waited for, and never charged beside.
    Writes: as collect_invoice does; the run, its try and, at the end of the tries, what the policy says.
    Safe to repeat: a run that is not due is left alone, and a try that was begun goes on under its own number.
    """
    run = find_run(merchant_id=merchant_id, dunning_run_id=dunning_run_id)
    if run is None:
        return None
    attempt = _begin(merchant_id=merchant_id, run=run)
    if attempt is not None:
        try:
            collect_invoice(
                merchant_id=merchant_id,
                invoice_id=run.invoice_id,
                attempt=attempt,
                in_background=in_background,
            )
        except InvoicePaymentUnresolved:
            _wait(merchant_id=merchant_id, run=run)
    return find_run(merchant_id=merchant_id, dunning_run_id=dunning_run_id)


@owns_transaction
def _begin(*, merchant_id: UUID, run: DunningRun) -> int | None:
    """The number of the try to make; None when none is due."""
    known = get_invoice(merchant_id=merchant_id, invoice_id=run.invoice_id)
    subscription = None
    if known.subscription_id is not None:
        subscription = lock_subscription(merchant_id=merchant_id, subscription_id=known.subscription_id)
    invoice = lock_invoice(merchant_id=merchant_id, invoice_id=run.invoice_id)
    fresh = find_run(merchant_id=merchant_id, dunning_run_id=run.id)
    now = now_of(subscription.test_clock if subscription else None)
    if fresh is None or fresh.status != RunStatus.RUNNING:
        return None
    if fresh.next_try_at is None or fresh.next_try_at > now:
        return None
    if invoice.status != InvoiceStatus.OPEN or not invoice.auto_advance:
        stop_run(invoice, now=now, reason=f"invoice_{invoice.status}")
        return None
    if read_overdue_minor(invoice) < _threshold(fresh, invoice):
        postpone_try(fresh, invoice, until=now + BELOW_THRESHOLD)
        return None
    if fresh.needs_new_method:
        skip_try(fresh, invoice, now=now)
        finish_dunning(fresh, subscription, invoice, now=now)
        return None
    postpone_try(fresh, invoice, until=now + LEASE)
    return _attempt_of(invoice)


def _threshold(run: DunningRun, invoice: Invoice) -> int:
    return int(run.policy.thresholds.get(invoice.currency, 0)) if run.policy is not None else 0


def _attempt_of(invoice: Invoice) -> int:
    latest = find_latest_payment(invoice)
    if latest is None:
        return 1
    # One that was begun and has not failed goes on: whoever began it died, or its outcome is not known.
    goes_on = latest.status == InvoicePaymentStatus.OPEN and not latest.decline_code
    return latest.ordinal if goes_on else latest.ordinal + 1


@owns_transaction
def _wait(*, merchant_id: UUID, run: DunningRun) -> None:
    known = get_invoice(merchant_id=merchant_id, invoice_id=run.invoice_id)
    now: datetime = now_of(known.subscription.test_clock if known.subscription else None)
    invoice = lock_invoice(merchant_id=merchant_id, invoice_id=run.invoice_id)
    fresh = find_run(merchant_id=merchant_id, dunning_run_id=run.id)
    if fresh is not None and fresh.status == RunStatus.RUNNING:
        postpone_try(fresh, invoice, until=now + UNRESOLVED)
