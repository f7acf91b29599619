"""Products, prices, coupons, promotion codes, tax rates and meters as the API shows them."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from foundation.clock import to_timestamp
from foundation.ids import encode_id
from subscriptions.models import Coupon, Meter, Price, Product, PromotionCode, TaxRate
from subscriptions.shapes.values import as_number, decimal_text, public, seconds, whole


def product_shape(product: Product, *, livemode: bool) -> dict[str, Any]:
    return {
        "id": product.public_id,
        "object": "product",
        "active": product.is_active,
        "created": to_timestamp(product.created_at),
        "default_price": public("price", product.default_price_id),
        "description": product.description or None,
        "images": product.images,
        "livemode": livemode,
        "marketing_features": product.marketing_features,
        "metadata": product.metadata,
        "name": product.name,
        "package_dimensions": None,
        "shippable": None,
        "statement_descriptor": product.statement_descriptor or None,
        "tax_code": product.tax_code or None,
        "tax_details": None,
        "type": product.type,
        "unit_label": product.unit_label or None,
        "updated": to_timestamp(product.updated_at),
        "url": product.url or None,
    }


def price_shape(price: Price, *, livemode: bool) -> dict[str, Any]:
    recurring = None
    if price.is_recurring:
        recurring = {
            "interval": price.interval,
            "interval_count": price.interval_count,
            "meter": public("mtr", price.meter_id),
            "trial_period_days": price.trial_period_days,
            "usage_type": price.usage_type,
        }
    package = None
    if price.package_size:
        package = {"divide_by": price.package_size, "round": price.package_rounding}
    return {
        "id": price.public_id,
        "object": "price",
        "active": price.is_active,
        "billing_scheme": price.billing_scheme,
        "created": to_timestamp(price.created_at),
        "currency": price.currency,
        "custom_unit_amount": None,
        "livemode": livemode,
        "lookup_key": price.lookup_key or None,
        "metadata": price.metadata,
        "nickname": price.nickname or None,
        "product": encode_id("prod", price.product_id),
        "recurring": recurring,
        "tax_behavior": price.tax_behavior,
        "tiers_mode": price.tiering or None,
        "transform_quantity": package,
        "type": "recurring" if price.is_recurring else "one_time",
        "unit_amount": whole(price.unit_amount),
        "unit_amount_decimal": decimal_text(price.unit_amount),
    }


def plan_shape(price: Price, *, livemode: bool) -> dict[str, Any]:
    """A recurring price in the words of Stripe's older object, which items still carry beside it."""
    package = None
    if price.package_size:
        package = {"divide_by": price.package_size, "round": price.package_rounding}
    return {
        "id": price.public_id,
        "object": "plan",
        "active": price.is_active,
        "amount": whole(price.unit_amount),
        "amount_decimal": decimal_text(price.unit_amount),
        "billing_scheme": price.billing_scheme,
        "created": to_timestamp(price.created_at),
        "currency": price.currency,
        "interval": price.interval,
        "interval_count": price.interval_count,
        "livemode": livemode,
        "metadata": price.metadata,
        "meter": public("mtr", price.meter_id),
        "nickname": price.nickname or None,
        "product": encode_id("prod", price.product_id),
        "tiers_mode": price.tiering or None,
        "transform_usage": package,
        "trial_period_days": price.trial_period_days,
        "usage_type": price.usage_type,
    }


def tiers_shape(price: Price) -> list[dict[str, Any]]:
    """Shown only when asked for, as with Stripe."""
    return [
        {
            "flat_amount": _whole_text(tier.get("flat_amount")),
            "flat_amount_decimal": tier.get("flat_amount"),
            "unit_amount": _whole_text(tier.get("unit_amount")),
            "unit_amount_decimal": tier.get("unit_amount"),
            "up_to": tier["up_to"],
        }
        for tier in price.tiers
    ]


def _whole_text(text: str | None) -> int | None:
    return None if text is None else whole(Decimal(text))


def coupon_shape(coupon: Coupon, *, livemode: bool, at: datetime) -> dict[str, Any]:
    return {
        "id": coupon.shown_id,
        "object": "coupon",
        "amount_off": coupon.amount_off_minor,
        "created": to_timestamp(coupon.created_at),
        "currency": coupon.currency or None,
        "duration": coupon.duration,
        "duration_in_months": coupon.duration_in_months,
        "livemode": livemode,
        "max_redemptions": coupon.max_redemptions,
        "metadata": coupon.metadata,
        "name": coupon.name or None,
        "percent_off": None if coupon.percent_off is None else as_number(coupon.percent_off),
        "redeem_by": seconds(coupon.redeem_by_at),
        "times_redeemed": coupon.times_redeemed,
        "valid": coupon_is_valid(coupon, at=at),
    }


def coupon_is_valid(coupon: Coupon, *, at: datetime) -> bool:
    """Whether it can still be redeemed."""
    is_left = coupon.max_redemptions is None or coupon.times_redeemed < coupon.max_redemptions
    is_open = coupon.redeem_by_at is None or at <= coupon.redeem_by_at
    return is_left and is_open and coupon.deleted_at is None


def applies_to_shape(coupon: Coupon) -> dict[str, Any] | None:
    """Shown only when asked for, as with Stripe."""
    products = [encode_id("prod", UUID(text)) for text in coupon.product_ids]
    return {"products": products} if products else None


def promotion_code_shape(code: PromotionCode, *, livemode: bool) -> dict[str, Any]:
    return {
        "id": code.public_id,
        "object": "promotion_code",
        "active": code.is_active,
        "code": code.code,
        "created": to_timestamp(code.created_at),
        "customer": public("cus", code.customer_id),
        "customer_account": None,
        "expires_at": seconds(code.expires_at),
        "livemode": livemode,
        "max_redemptions": code.max_redemptions,
        "metadata": code.metadata,
        "promotion": {"coupon": code.coupon.shown_id, "type": "coupon"},
        "restrictions": {
            "first_time_transaction": code.first_time_transaction,
            "minimum_amount": code.minimum_amount_minor,
            "minimum_amount_currency": code.minimum_amount_currency or None,
        },
        "times_redeemed": code.times_redeemed,
    }


def tax_rate_shape(rate: TaxRate, *, livemode: bool) -> dict[str, Any]:
    return {
        "id": rate.public_id,
        "object": "tax_rate",
        "active": rate.is_active,
        "country": rate.country or None,
        "created": to_timestamp(rate.created_at),
        "description": rate.description or None,
        "display_name": rate.display_name,
        "effective_percentage": None,
        "flat_amount": None,
        "inclusive": rate.inclusive,
        "jurisdiction": rate.jurisdiction or None,
        "jurisdiction_level": None,
        "livemode": livemode,
        "metadata": rate.metadata,
        "percentage": as_number(rate.percentage),
        "rate_type": "percentage",
        "state": rate.state or None,
        "tax_type": rate.tax_type or None,
    }


def meter_shape(meter: Meter, *, livemode: bool) -> dict[str, Any]:
    return {
        "id": meter.public_id,
        "object": "billing.meter",
        "created": to_timestamp(meter.created_at),
        "customer_mapping": {"event_payload_key": meter.customer_key, "type": "by_id"},
        "default_aggregation": {"formula": meter.aggregation},
        "display_name": meter.display_name,
        "event_name": meter.event_name,
        "event_time_window": None,
        "livemode": livemode,
        "status": "inactive" if meter.deactivated_at else "active",
        "status_transitions": {"deactivated_at": seconds(meter.deactivated_at)},
        "updated": to_timestamp(meter.updated_at),
        "value_settings": {"event_payload_key": meter.value_key},
    }
