"""What a change asks of a subscription's items, and what each item becomes. Reckons no amounts, writes nothing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from foundation.errors import ResourceMissing
from subscriptions.models import Price, Subscription, SubscriptionItem
from subscriptions.queries.catalogue import get_price
from subscriptions.steps.check_items import refuse_unless_items_fit


@dataclass(frozen=True, slots=True)
class ItemChange:
    """item_id: None adds an item. quantity: None keeps it, whatever the price becomes. is_removed: the item goes."""

    item_id: UUID | None = None
    price_id: UUID | None = None
    quantity: int | None = None
    is_removed: bool = False


@dataclass(frozen=True, slots=True)
class ItemPlan:
    """An item before and after; item: None for a new one. price: None for one that goes."""

    item: SubscriptionItem | None
    price: Price | None
    quantity: int | None
    is_changed: bool


def plan_items(
    subscription: Subscription, items: Sequence[SubscriptionItem], changes: Sequence[ItemChange]
) -> list[ItemPlan]:
    """What each item becomes. Raises ResourceMissing, and as refuse_unless_items_fit."""
    merchant_id = subscription.merchant_id
    by_item = {change.item_id: change for change in changes if change.item_id is not None}
    if unknown := set(by_item) - {item.id for item in items}:
        raise ResourceMissing(f"No such subscription item: {len(unknown)} of those named.", param="items")
    plans = []
    for item in items:
        change = by_item.get(item.id)
        if change is None:
            plans.append(ItemPlan(item, item.price, item.quantity, False))
        elif change.is_removed:
            plans.append(ItemPlan(item, None, None, True))
        else:
            price = (
                item.price
                if change.price_id is None
                else get_price(merchant_id=merchant_id, price_id=change.price_id)
            )
            quantity = _quantity(price, item.quantity if change.quantity is None else change.quantity)
            is_changed = (price.id, quantity) != (item.price_id, item.quantity)
            plans.append(ItemPlan(item, price, quantity, is_changed))
    for change in changes:
        if change.item_id is None and change.price_id is not None:
            price = get_price(merchant_id=merchant_id, price_id=change.price_id)
            plans.append(ItemPlan(None, price, _quantity(price, change.quantity), True))
    kept = [plan for plan in plans if plan.price is not None]
    refuse_unless_items_fit(
        [plan.price for plan in kept if plan.price is not None],
        [plan.quantity for plan in kept],
        standing={item.price_id for item in items},
    )
    return plans


def _quantity(price: Price, quantity: int | None) -> int | None:
    if price.is_metered:
        return None
    return 1 if quantity is None else quantity
