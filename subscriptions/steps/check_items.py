"""Whether prices can stand on one subscription, with these quantities."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from uuid import UUID

from subscriptions.errors import (
    PriceInactive,
    PriceNotRecurring,
    QuantityNotAllowed,
    SubscriptionItemsDiffer,
    SubscriptionItemsMissing,
)
from subscriptions.models import Price

MAX_ITEMS = 20


def refuse_unless_items_fit(
    prices: Sequence[Price], quantities: Sequence[int | None], *, standing: Collection[UUID] = ()
) -> None:
    """standing: prices that the subscription has already; an archived one may stay, though nothing new is sold at it.

    Raises SubscriptionItemsMissing or …Differ, PriceNotRecurring, PriceInactive, QuantityNotAllowed.
    """
    if not 1 <= len(prices) <= MAX_ITEMS:
        raise SubscriptionItemsMissing(param="items")
    first = prices[0]
    for index, (price, quantity) in enumerate(zip(prices, quantities, strict=True)):
        param = f"items[{index}][price]"
        if not price.is_recurring:
            raise PriceNotRecurring(param=param)
        if price.id not in standing and not (price.is_active and price.product.is_active):
            raise PriceInactive(param=param)
        alike = (price.currency, price.interval, price.interval_count) == (
            first.currency,
            first.interval,
            first.interval_count,
        )
        if not alike or price.proration_basis != first.proration_basis:
            raise SubscriptionItemsDiffer(param=param)
        if price.is_metered and quantity is not None:
            raise QuantityNotAllowed(param=f"items[{index}][quantity]")
    if len({price.id for price in prices}) != len(prices):
        raise SubscriptionItemsDiffer(
            "A price stands on a subscription once: raise its quantity.", param="items"
        )
