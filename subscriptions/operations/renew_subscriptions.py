"""Renew many subscriptions together: what all of them need is read and written at once."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

import structlog

from foundation.jobs.staging import NewJob, stage_jobs
from foundation.transactions import outside_transaction, owns_transaction
from subscriptions.locks import lock_free_subscriptions
from subscriptions.queries.batches import list_due_dates
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.renew_locked import renew_locked

log = structlog.get_logger(__name__)


@outside_transaction
def renew_subscriptions(*, merchant_id: UUID, subscription_ids: Sequence[UUID]) -> int:
    """How many drafts were written. One transaction for all; when it fails, or somebody holds one of them, each that
    is left gets a job of its own: a row that can not be renewed stops itself and nobody else.

    Writes: as renew_locked; jobs.
    Safe to repeat: what is not due is not billed.
    """
    try:
        left, drafts = _renew_together(merchant_id=merchant_id, subscription_ids=subscription_ids)
    except Exception as error:
        log.warning("renewals.one_by_one", merchant=str(merchant_id), exc_info=error)
        left, drafts = list(subscription_ids), 0
    if left:
        _leave_each_to_itself(merchant_id=merchant_id, subscription_ids=left)
    return drafts


@owns_transaction
def _renew_together(*, merchant_id: UUID, subscription_ids: Sequence[UUID]) -> tuple[list[UUID], int]:
    """(those that somebody else holds, how many drafts)."""
    locked = lock_free_subscriptions(merchant_id=merchant_id, subscription_ids=subscription_ids)
    free = {one.id for one in locked}
    on_real_time = [one for one in locked if one.test_clock_id is None]
    drafts = renew_locked(on_real_time, now=now_of(None))
    return [one for one in subscription_ids if one not in free], len(drafts)


@owns_transaction
def _leave_each_to_itself(*, merchant_id: UUID, subscription_ids: Sequence[UUID]) -> None:
    stage_jobs(
        [
            NewJob(
                "subscriptions.renew",
                {"merchant_id": str(merchant_id), "subscription_id": str(subscription_id)},
                merchant_id=merchant_id,
                dedupe_key=f"renew:{subscription_id}:{due.isoformat()}",
            )
            for subscription_id, due in list_due_dates(
                merchant_id=merchant_id, subscription_ids=subscription_ids
            )
        ]
    )
