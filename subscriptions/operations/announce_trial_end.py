"""Tell that a trial ends soon: three days before, once for each end it is given."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.locks import lock_subscription
from subscriptions.models import Subscription, SubscriptionStatus
from subscriptions.queries.due_changes import TRIAL_WILL_END
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.announce import announce_subscription


@owns_transaction
def announce_trial_end(*, merchant_id: UUID, subscription_id: UUID) -> Subscription:
    """A trial that is shorter than three days is told of when it has begun.

    Raises: ResourceMissing. Writes: which end was told, customer.subscription.trial_will_end.
    Safe to repeat: an end that was told, or is still far, is not told.
    """
    subscription = lock_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    end = subscription.trial_end_at
    if subscription.status != SubscriptionStatus.TRIALING or end is None:
        return subscription
    if subscription.trial_end_told_at == end or end - TRIAL_WILL_END > now_of(subscription.test_clock):
        return subscription
    subscription.trial_end_told_at = end
    subscription.save(update_fields=["trial_end_told_at"])
    announce_subscription(subscription, events.SUBSCRIPTION_TRIAL_WILL_END)
    return subscription
