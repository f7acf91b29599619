"""End a subscription whose cancel_at has come in mid-period."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions.locks import lock_subscription
from subscriptions.models import RENEWING_STATES, Subscription
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.credit_rest import credit_rest
from subscriptions.steps.end_subscription import end_subscription


@owns_transaction
def end_at_date(*, merchant_id: UUID, subscription_id: UUID) -> Subscription:
    """What was paid for beyond the date goes to the customer's balance: an end in mid-period prorates.

    Raises: ResourceMissing. Writes: as end_subscription.
    Safe to repeat: one whose date has not come, or that has ended, stays as it is.
    """
    subscription = lock_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    now, end = now_of(subscription.test_clock), subscription.cancel_at
    if end is None or end > now or subscription.status not in RENEWING_STATES:
        return subscription
    credit_rest(subscription, at=end, now=now, is_ending=True)
    end_subscription(subscription, at=end, now=now)
    return subscription
