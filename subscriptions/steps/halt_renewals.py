"""Stop renewing what was missed for more than a period: two periods are never billed silently."""

from __future__ import annotations

from datetime import datetime

from foundation.transactions import joins_transaction
from payments.steps.open_case import open_renewals_case
from subscriptions import events
from subscriptions.models import Subscription
from subscriptions.steps.announce import announce_subscription


@joins_transaction
def halt_renewals(subscription: Subscription, *, now: datetime) -> None:
    """The subscription is locked. Writes it, a case for a person, and the event."""
    subscription.halted_at = now
    subscription.version += 1
    subscription.save()
    assert subscription.next_billing_at is not None, "something was due"
    open_renewals_case(
        merchant_id=subscription.merchant_id,
        subscription_id=subscription.id,
        evidence={
            "subscription": subscription.public_id,
            "due": subscription.next_billing_at.isoformat(),
            "found": now.isoformat(),
        },
    )
    announce_subscription(subscription, events.SUBSCRIPTION_RENEWAL_HALTED)
