"""What the views of subscriptions share: words of parameters to fields of models, coupons by their own ids."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from foundation import ids
from foundation.errors import ParameterMissing
from foundation.http.serializers import no_such
from foundation.http.views import ApiView
from subscriptions.models import Coupon, Discount, Subscription, SubscriptionItem
from subscriptions.queries.catalogue import list_coupons, list_tax_rates
from subscriptions.queries.subscriptions import list_discounts, list_items
from subscriptions.shapes import item_shape, subscription_shape, tax_rate_shape
from subscriptions.steps.redeem import Redemption

RENAMED = {"active": "is_active"}


def as_fields(params: Mapping[str, Any], *, texts: Iterable[str] = ()) -> dict[str, Any]:
    """Parameters by model name; an unset text is stored empty, not null."""
    words = set(texts)
    return {
        RENAMED.get(name, name): "" if value is None and name in words else value
        for name, value in params.items()
    }


def second_id(reserved: UUID) -> UUID:
    """Of the other object that a request creates: the same again when a repeat resumes it."""
    return uuid5(reserved, "second")


def unit_amount_of(params: dict[str, Any]) -> Decimal | None:
    """unit_amount or unit_amount_decimal, taken out of the parameters."""
    whole, exact = params.pop("unit_amount", None), params.pop("unit_amount_decimal", None)
    return exact if exact is not None else (None if whole is None else Decimal(whole))


def coupon_named(view: ApiView, text: str, *, param: str) -> Coupon:
    """By the id that the caller gave it, or by ours. Raises ResourceMissing."""
    rows = list_coupons(merchant_id=view.merchant_id)
    found = rows.filter(custom_id=text).first()
    if found is None:
        try:
            found = rows.filter(pk=ids.decode_id("coupon", text)).first()
        except ids.PublicIdInvalid:
            found = None
    if found is None:
        raise no_such("coupon", text, param=param)
    return found


def redemptions_of(view: ApiView, entries: Sequence[dict[str, Any]] | None) -> tuple[Redemption, ...]:
    """A `discounts` parameter. Raises ResourceMissing, ParameterMissing."""
    found = []
    for position, entry in enumerate(entries or ()):
        if "coupon" in entry:
            coupon = coupon_named(view, entry["coupon"], param=f"discounts[{position}][coupon]")
            found.append(Redemption(coupon_id=coupon.id))
        elif "promotion_code" in entry:
            found.append(Redemption(promotion_code_id=entry["promotion_code"]))
        else:
            raise ParameterMissing("Give coupon or promotion_code.", param=f"discounts[{position}]")
    return tuple(found)


def shown_subscription(view: ApiView, subscription: Subscription) -> dict[str, Any]:
    """With its tax rates, which Stripe shows as objects."""
    return shown_subscriptions(view, [subscription])[0]


def shown_subscriptions(view: ApiView, page: Sequence[Subscription]) -> list[dict[str, Any]]:
    return [
        with_tax_rates(
            view,
            subscription_shape(row, list_items(row), list_discounts(row), livemode=view.livemode),
            "default_tax_rates",
        )
        for row in page
    ]


def shown_item(
    view: ApiView, item: SubscriptionItem, subscription: Subscription, discounts: Sequence[Discount]
) -> dict[str, Any]:
    return with_tax_rates(
        view, item_shape(item, subscription, discounts, livemode=view.livemode), "tax_rates"
    )


def with_tax_rates(view: ApiView, shape: dict[str, Any], field: str) -> dict[str, Any]:
    """The ids of tax rates replaced by the rates, in the shape and in its items."""
    inner = shape.get("items", {}).get("data", []) if isinstance(shape.get("items"), dict) else []
    named = {text for one in (shape.get(field), *(i["tax_rates"] for i in inner)) for text in one or ()}
    if not named:
        return shape
    rows = list_tax_rates(merchant_id=view.merchant_id).filter(
        pk__in=[ids.decode_id("txr", text) for text in named]
    )
    rates = {row.public_id: tax_rate_shape(row, livemode=view.livemode) for row in rows}
    shape[field] = [rates[text] for text in shape.get(field) or ()]
    for one in inner:
        one["tax_rates"] = [rates[text] for text in one["tax_rates"]]
    return shape


def decoded(prefix: str, public_ids: Sequence[str]) -> list[UUID]:
    return [ids.decode_id(prefix, public_id) for public_id in public_ids]
