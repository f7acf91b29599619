"""Give back what a subscription has paid for beyond an instant: credits that wait for an invoice."""

from __future__ import annotations

from datetime import datetime

from foundation.transactions import joins_transaction
from subscriptions.models import Subscription
from subscriptions.queries.subscriptions import list_discounts, list_items
from subscriptions.steps.item_changes import ItemPlan
from subscriptions.steps.reckon_change import reckon_change
from subscriptions.steps.write_change import write_credits


@joins_transaction
def credit_rest(
    subscription: Subscription, *, at: datetime, now: datetime, is_ending: bool, gives_back: bool = True
) -> None:
    """The subscription is locked; its items stay. Writes the debits that are cut and pending credits.

    is_ending: its invoices are not collected any more, so only what is paid comes back. gives_back: off only
    cuts: the time was paid for and is given up, so that no later change gives it back. Outside its period there is
    nothing to give back.
    """
    if not subscription.current_period_start_at <= at < subscription.current_period_end_at:
        return
    plans = [ItemPlan(item, None, None, True) for item in list_items(subscription)]
    reckoned = reckon_change(subscription, plans, list_discounts(subscription), at=at, is_ending=is_ending)
    write_credits(subscription, reckoned.credits, now=now, gives_back=gives_back)
