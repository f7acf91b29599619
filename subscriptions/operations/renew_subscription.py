"""Renew a subscription: the next period's invoice and the next date, in one transaction."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions.locks import lock_subscription
from subscriptions.models import Invoice
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.renew_locked import renew_locked


@owns_transaction
def renew_subscription(*, merchant_id: UUID, subscription_id: UUID) -> Invoice | None:
    """The draft of the period that has begun; None when nothing is due (any more), or renewing has been halted.

    Raises: ResourceMissing.
    Writes: as renew_locked.
    Safe to repeat: what is not due is not billed, and the database has one invoice per period and reason.
    """
    subscription = lock_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    drafts = renew_locked([subscription], now=now_of(subscription.test_clock))
    return drafts[0] if drafts else None
