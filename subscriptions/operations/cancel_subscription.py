"""Cancel a subscription now: what was used is billed, what was paid for beyond is given back if asked."""

from __future__ import annotations

from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions.errors import SubscriptionUnexpectedState
from subscriptions.locks import lock_subscription
from subscriptions.models import Subscription, SubscriptionStatus
from subscriptions.queries.subscriptions import find_open_schedule, now_of
from subscriptions.steps.credit_rest import credit_rest
from subscriptions.steps.end_schedule import end_schedule
from subscriptions.steps.end_subscription import end_subscription

S = SubscriptionStatus


@owns_transaction
def cancel_subscription(
    *,
    merchant_id: UUID,
    subscription_id: UUID,
    is_prorated: bool = False,
    comment: str = "",
    feedback: str = "",
    reason: str = "cancellation_requested",
) -> Subscription:
    """is_prorated: what is paid for and not provided goes to the customer's balance, by a last invoice.

    Raises: ResourceMissing, SubscriptionUnexpectedState (it has ended, or its first payment is still awaited: that
    expires).
    Writes: as end_subscription; its schedule is canceled with it.
    Safe to repeat: a canceled subscription is refused.
    """
    subscription = lock_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    if not subscription.is_live or subscription.status == S.INCOMPLETE:
        raise SubscriptionUnexpectedState(
            f"A subscription that is {subscription.status} can not be canceled."
        )
    now = now_of(subscription.test_clock)
    schedule = find_open_schedule(subscription)
    if schedule is not None:
        end_schedule(schedule, now=now, releases=False)
    if is_prorated:
        credit_rest(subscription, at=now, now=now, is_ending=True)
    subscription.cancellation_comment = comment
    subscription.cancellation_feedback = feedback
    end_subscription(subscription, at=now, now=now, reason=reason)
    return subscription
