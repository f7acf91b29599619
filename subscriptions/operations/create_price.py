"""Create a price. Its terms never change afterwards: a new amount is a new price."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from foundation.money import exponent_of
from foundation.tenancy.queries import get_merchant
from foundation.transactions import owns_transaction
from subscriptions import events
from subscriptions.errors import LookupKeyTaken, PriceInvalid
from subscriptions.locks import lock_price_with_key
from subscriptions.models import BillingScheme, Price, UsageType
from subscriptions.queries.catalogue import get_meter, get_product
from subscriptions.shapes import price_shape
from subscriptions.steps.announce import announce


@owns_transaction
def create_price(
    *,
    merchant_id: UUID,
    price_id: UUID,
    product_id: UUID,
    currency: str,
    meter_id: UUID | None = None,
    lookup_key: str = "",
    transfer_lookup_key: bool = False,
    may_exist: bool = False,
    **fields: Any,
) -> Price:
    """fields: by model name; amounts in minor units of `currency`. price_id: the key's reserved id.

    Raises: ResourceMissing (product, meter), PriceInvalid, LookupKeyTaken (unless transfer_lookup_key takes it over).
    Writes: the price, price.created; the former price of the lookup key loses it.
    Safe to repeat: with may_exist the same price_id finds the first one.
    """
    if may_exist:
        existing = Price.objects.for_merchant(merchant_id).filter(pk=price_id).first()
        if existing is not None:
            return existing
    merchant = get_merchant(merchant_id)
    product = get_product(merchant_id=merchant_id, product_id=product_id)
    meter = get_meter(merchant_id=merchant_id, meter_id=meter_id) if meter_id is not None else None
    price = Price(
        id=price_id,
        merchant=merchant,
        product=product,
        meter=meter,
        currency=currency.lower(),
        lookup_key=lookup_key,
        **fields,
    )
    refuse_unless_consistent(price)
    if lookup_key:
        holder = lock_price_with_key(merchant_id=merchant_id, lookup_key=lookup_key)
        if holder is not None and not transfer_lookup_key:
            raise LookupKeyTaken(param="lookup_key")
        if holder is not None:
            holder.lookup_key = ""
            holder.save(update_fields=["lookup_key"])
    price.save(force_insert=True)
    announce(price, events.PRICE_CREATED, price_shape(price, livemode=merchant.livemode))
    return price


def refuse_unless_consistent(price: Price) -> None:
    """Raises PriceInvalid, CurrencyUnknown. The database checks the same; here the parameter is named."""
    exponent_of(price.currency)
    if price.billing_scheme == BillingScheme.TIERED:
        refuse_unless_tiers_rise(price.tiers)
        if price.unit_amount is not None or not price.tiering or price.package_size:
            raise PriceInvalid(
                "A tiered price has tiers and their mode, and no amount of its own.", param="tiers"
            )
    elif price.unit_amount is None or price.unit_amount < 0:
        raise PriceInvalid("A price has an amount that is not negative.", param="unit_amount")
    if price.usage_type == UsageType.METERED and (price.meter is None or not price.is_recurring):
        raise PriceInvalid("A metered price is recurring and names its meter.", param="recurring[meter]")
    if price.usage_type == UsageType.LICENSED and price.meter is not None:
        raise PriceInvalid("Only a metered price has a meter.", param="recurring[meter]")


def refuse_unless_tiers_rise(tiers: Sequence[dict[str, Any]]) -> None:
    """Each tier ends above the one before, and only the last has no end. Raises PriceInvalid."""
    ends = [tier.get("up_to") for tier in tiers]
    rising = [end for end in ends[:-1] if isinstance(end, int)]
    if not ends or ends[-1] is not None or len(rising) != len(ends) - 1:
        raise PriceInvalid("The last tier, and only that one, has no upper bound.", param="tiers")
    if rising != sorted(set(rising)) or (rising and rising[0] < 1):
        raise PriceInvalid("Each tier ends above the one before it.", param="tiers")
