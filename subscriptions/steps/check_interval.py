"""Whether a change of items leaves the subscription's currency and interval as they are."""

from __future__ import annotations

from collections.abc import Sequence

from subscriptions.errors import SubscriptionItemsDiffer
from subscriptions.models import Subscription
from subscriptions.steps.item_changes import ItemPlan


def refuse_unless_interval_stays(subscription: Subscription, plans: Sequence[ItemPlan]) -> None:
    """Raises SubscriptionItemsDiffer: another interval moves the anchor, which is a change of its own."""
    own = (subscription.currency, subscription.interval, subscription.interval_count)
    for plan in plans:
        price = plan.price
        if price is not None and (price.currency, price.interval, price.interval_count) != own:
            raise SubscriptionItemsDiffer(param="items")
