"""Recognise what of one line's revenue is earned by the time of its test clock."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions.locks import lock_revenue_schedule
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.recognise import recognise


@owns_transaction
def recognise_schedule(*, merchant_id: UUID, schedule_id: UUID) -> bool:
    """Whether anything was earned.

    Raises: ResourceMissing. Writes: as recognise does. Safe to repeat: what is recognised already stays.
    """
    schedule = lock_revenue_schedule(merchant_id=merchant_id, schedule_id=schedule_id)
    subscription = schedule.invoice.subscription
    return recognise(schedule, now=now_of(subscription.test_clock if subscription else None))
