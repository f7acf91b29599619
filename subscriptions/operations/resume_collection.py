"""End a pause of collection whose date has come."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.locks import lock_subscription
from subscriptions.models import Subscription
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.announce import announce_subscription


@owns_transaction
def resume_collection(*, merchant_id: UUID, subscription_id: UUID) -> Subscription:
    """What was kept as a draft meanwhile stays one: a person decides about it, as with Stripe.

    Raises: ResourceMissing. Writes: the subscription, customer.subscription.updated.
    Safe to repeat: a subscription whose date has not come, or that is not paused, stays as it is.
    """
    subscription = lock_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    now = now_of(subscription.test_clock)
    if subscription.pause_resumes_at is None or subscription.pause_resumes_at > now:
        return subscription
    subscription.pause_behavior = ""
    subscription.pause_resumes_at = None
    subscription.version += 1
    subscription.save()
    announce_subscription(subscription, events.SUBSCRIPTION_UPDATED)
    return subscription
