"""Finalize many drafts together: one transaction, in which their numbers follow one another."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import structlog

from foundation import clock
from foundation.errors import LockTimeout
from foundation.jobs.staging import NewJob, stage_jobs
from foundation.transactions import outside_transaction, owns_transaction
from subscriptions.locks import (
    lock_billing_customers,
    lock_due_drafts,
    lock_free_subscriptions,
    lock_number_series,
)
from subscriptions.models import InvoiceStatus, SeriesKind
from subscriptions.queries.batches import list_subscription_ids
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.finalize_locked import finalize_locked

log = structlog.get_logger(__name__)


@outside_transaction
def finalize_invoices(*, merchant_id: UUID, invoice_ids: Sequence[UUID]) -> int | None:
    """How many were finalized; None when others of the merchant take too long, to come again in a moment.

    One transaction for all. When it fails, or somebody holds a subscription of one of them, each that is left gets a
    job of its own: what can not be finalized stops itself and nobody else.
    Writes: as finalize_locked; jobs.
    Safe to repeat: what is no draft any more, or not due, stays as it is.
    """
    try:
        held, done = _finalize_together(merchant_id=merchant_id, invoice_ids=invoice_ids)
    except LockTimeout:
        return None
    except Exception as error:
        log.warning("finalizing.one_by_one", merchant=str(merchant_id), exc_info=error)
        held, done = list(invoice_ids), 0
    if held:
        _leave_each_to_itself(merchant_id=merchant_id, invoice_ids=held)
    return done


@owns_transaction
def _finalize_together(*, merchant_id: UUID, invoice_ids: Sequence[UUID]) -> tuple[list[UUID], int]:
    """(those whose subscription somebody else holds, how many were finalized)."""
    of = list_subscription_ids(merchant_id=merchant_id, invoice_ids=invoice_ids)
    named = [one for one in of.values() if one is not None]
    free = {one.id: one for one in lock_free_subscriptions(merchant_id=merchant_id, subscription_ids=named)}
    mine = [invoice_id for invoice_id, of_it in of.items() if of_it is None or of_it in free]
    now = now_of(None)
    drafts = lock_due_drafts(merchant_id=merchant_id, invoice_ids=mine, now=now)
    # All of them before the first number: whoever holds the counter waits for no customer.
    lock_billing_customers(merchant_id=merchant_id, customer_ids=[one.customer_id for one in drafts])
    lock_number_series(merchant_id=merchant_id, kind=SeriesKind.INVOICE, customer_id=None)
    for invoice in drafts:
        subscription = free[invoice.subscription_id] if invoice.subscription_id is not None else None
        finalize_locked(subscription, invoice, now=now)
    # One that stays a draft waits for its taxes, and has its job.
    done = [invoice for invoice in drafts if invoice.status != InvoiceStatus.DRAFT]
    return [one for one in of if one not in set(mine)], len(done)


@owns_transaction
def _leave_each_to_itself(*, merchant_id: UUID, invoice_ids: Sequence[UUID]) -> None:
    now = clock.now()
    quarter = f"{now:%Y%m%d%H}{now.minute // 15}"
    stage_jobs(
        [
            NewJob(
                "subscriptions.finalize_invoice",
                {"merchant_id": str(merchant_id), "invoice_id": str(invoice_id)},
                merchant_id=merchant_id,
                dedupe_key=f"finalize:{invoice_id}:{quarter}",
            )
            for invoice_id in invoice_ids
        ]
    )
