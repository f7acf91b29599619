"""Give back what a subscription has paid for beyond an instant: credits that wait for an invoice."""

from __future__ import annotations

from datetime import datetime

from foundation.transactions import joins_transaction
from subscriptions.models import Subscription
from subscriptions.queries.subscriptions import list_discounts, list_items
from subscriptions.steps.item_changes import ItemPlan, ReckonedChange, reckon_change
from subscriptions.steps.write_change import write_change


@joins_transaction
def credit_rest(subscription: Subscription, *, at: datetime, now: datetime) -> None:
    """The subscription is locked; its items stay. Writes the debits that are cut and pending credits.

    Outside its period there is nothing to give back.
    """
    if not subscription.current_period_start_at <= at < subscription.current_period_end_at:
        return
    plans = [ItemPlan(item, None, None, True) for item in list_items(subscription)]
    reckoned = reckon_change(subscription, plans, list_discounts(subscription), at=at)
    write_change(subscription, ReckonedChange([], reckoned.credits), now=now)
