"""Move the end of a trial: to another day, to now, or give one to a subscription that is active."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.errors import PeriodDatesOutOfOrder, SubscriptionUnexpectedState
from subscriptions.locks import lock_subscription
from subscriptions.models import InvoiceReason, Subscription, SubscriptionStatus
from subscriptions.periods import Period
from subscriptions.queries.subscriptions import list_discounts, list_items, now_of
from subscriptions.steps.announce import announce_subscription
from subscriptions.steps.credit_rest import credit_rest
from subscriptions.steps.finalize_draft import finalize_draft
from subscriptions.steps.pending_update import drop_pending_update
from subscriptions.steps.reckon_subscription import reckon_for_subscription
from subscriptions.steps.subscription_lines import lines_for_trial
from subscriptions.steps.write_invoice import write_subscription_invoice

S = SubscriptionStatus


@owns_transaction
def move_trial_end(
    *,
    merchant_id: UUID,
    subscription_id: UUID,
    trial_end_at: datetime | None = None,
    is_prorated: bool = True,
) -> Subscription:
    """trial_end_at: None for now, which makes the first paid period due at once. The anchor goes along.

    is_prorated: what an active subscription has paid for beyond now waits as a credit; otherwise it is given up.
    Raises: ResourceMissing, SubscriptionUnexpectedState, PeriodDatesOutOfOrder (a trial that ends in the past).
    Writes: the subscription and its event; of an active one also an invoice over nothing, and credits.
    Safe to repeat: the same end changes nothing more.
    """
    subscription = lock_subscription(merchant_id=merchant_id, subscription_id=subscription_id)
    if subscription.status not in (S.TRIALING, S.ACTIVE):
        raise SubscriptionUnexpectedState(
            f"A subscription that is {subscription.status} has no trial to move."
        )
    now = now_of(subscription.test_clock)
    drop_pending_update(subscription, now=now)
    end = now if trial_end_at is None else trial_end_at
    if end < now:
        raise PeriodDatesOutOfOrder("The trial would end in the past.", param="trial_end")
    if subscription.status == S.ACTIVE:
        if end == now:
            return subscription
        _begin_trial(subscription, end, now=now, is_prorated=is_prorated)
    subscription.trial_end_at = end
    subscription.anchor_at, subscription.anchor_day = end, None
    if end > subscription.current_period_start_at:
        subscription.current_period_end_at = end
    subscription.next_billing_at = end
    subscription.version += 1
    subscription.save()
    announce_subscription(subscription, events.SUBSCRIPTION_UPDATED)
    return subscription


def _begin_trial(subscription: Subscription, end: datetime, *, now: datetime, is_prorated: bool) -> None:
    credit_rest(subscription, at=now, now=now, is_ending=False, gives_back=is_prorated)
    trial = Period(now, end)
    subscription.begin_trial()
    subscription.trial_start_at = now
    subscription.current_period_start_at, subscription.current_period_end_at = now, end
    reckoned = reckon_for_subscription(
        subscription,
        lines_for_trial(subscription, list_items(subscription), trial),
        list_discounts(subscription),
        at=now,
    )
    invoice = write_subscription_invoice(
        subscription, reckoned, reason=InvoiceReason.UPDATE, period=trial, now=now
    )
    # Saved before it is finalized: the trial's end has to be there for the row to be one of a trial.
    subscription.trial_end_at = end
    finalize_draft(invoice, now=now)
