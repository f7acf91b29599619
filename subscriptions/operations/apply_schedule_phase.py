"""Apply a phase that begins in mid-period; those that begin with a period are the renewal's."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.locks import lock_subscription
from subscriptions.models import RENEWING_STATES, Subscription
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.announce import announce_subscription
from subscriptions.steps.apply_phase import apply_due_phases


@owns_transaction
def apply_schedule_phase(*, merchant_id: UUID, subscription_id: UUID) -> Subscription:
    """Raises: ResourceMissing. Writes: as apply_due_phases; the subscription, customer.subscription.updated.

    Safe to repeat: a phase is applied once. One that begins with the next period waits for its renewal.
    """
    subscription = lock_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    now = now_of(subscription.test_clock)
    if subscription.status not in RENEWING_STATES or now >= subscription.current_period_end_at:
        return subscription
    if apply_due_phases(subscription, at=now, now=now):
        subscription.version += 1
        subscription.save()
        announce_subscription(subscription, events.SUBSCRIPTION_UPDATED)
    return subscription
