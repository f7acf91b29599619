"""Preview what a halted subscription has missed: the periods, what each would be billed with, and a token."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions.locks import lock_subscription
from subscriptions.queries.subscriptions import now_of
from subscriptions.steps.missed_renewals import MissedRenewals, reckon_missed


@owns_transaction
def preview_missed_renewals(*, merchant_id: UUID, subscription_id: UUID) -> MissedRenewals:
    """Raises: ResourceMissing, SubscriptionUnexpectedState (it is not halted), TooManyPeriods.

    Writes nothing of the subscription; the merchant's billing rows where they are missing.
    Safe to repeat: nothing changes.
    """
    subscription = lock_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    return reckon_missed(subscription, now=now_of(subscription.test_clock))
