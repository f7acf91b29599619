"""Subscriptions, their items and discounts as the API shows them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from foundation.clock import to_timestamp
from foundation.ids import encode_id
from subscriptions.models import Discount, Subscription, SubscriptionItem
from subscriptions.shapes.catalogue import plan_shape, price_shape
from subscriptions.shapes.values import embedded_list, public, seconds


def subscription_shape(
    subscription: Subscription,
    items: Sequence[SubscriptionItem],
    discounts: Sequence[Discount],
    *,
    livemode: bool,
) -> dict[str, Any]:
    """items: with their prices."""
    return {
        "id": subscription.public_id,
        "object": "subscription",
        **_dates(subscription),
        **_collection(subscription),
        **_unused(),
        "cancel_at_period_end": subscription.cancel_at_period_end,
        "cancellation_details": {
            "comment": subscription.cancellation_comment or None,
            "feedback": subscription.cancellation_feedback or None,
            "feedback_option": None,
            "reason": subscription.cancellation_reason or None,
        },
        "currency": subscription.currency,
        "customer": encode_id("cus", subscription.customer_id),
        "description": subscription.description or None,
        "discounts": [one.public_id for one in discounts if one.subscription_item_id is None],
        "items": embedded_list(
            f"/v1/subscription_items?subscription={subscription.public_id}",
            [item_shape(item, subscription, discounts, livemode=livemode) for item in items],
        ),
        "latest_invoice": public("in", subscription.latest_invoice_id),
        "livemode": livemode,
        "metadata": subscription.metadata,
        "pause_collection": _pause_shape(subscription),
        "pending_update": _pending_shape(subscription),
        "status": subscription.status,
        "test_clock": public("clock", subscription.test_clock_id),
    }


def _dates(subscription: Subscription) -> dict[str, Any]:
    return {
        "billing_cycle_anchor": to_timestamp(subscription.anchor_at),
        "cancel_at": seconds(subscription.cancel_at),
        "canceled_at": seconds(subscription.canceled_at),
        "created": to_timestamp(subscription.created_at),
        "ended_at": seconds(subscription.ended_at),
        "start_date": to_timestamp(subscription.started_at),
        "trial_end": seconds(subscription.trial_end_at),
        "trial_settings": {
            "end_behavior": {
                "billing_cycle_anchor": None,
                "missing_payment_method": subscription.missing_payment_method,
            }
        },
        "trial_start": seconds(subscription.trial_start_at),
    }


def _collection(subscription: Subscription) -> dict[str, Any]:
    return {
        "collection_method": subscription.collection_method,
        "days_until_due": subscription.days_until_due,
        "default_payment_method": public("pm", subscription.default_payment_method_id),
        "default_tax_rates": [encode_id("txr", UUID(text)) for text in subscription.default_tax_rate_ids],
        "payment_settings": subscription.payment_settings
        or {
            "payment_method_options": None,
            "payment_method_types": None,
            "save_default_payment_method": "off",
        },
    }


def _unused() -> dict[str, Any]:
    """Stripe's fields for what we do not have; always there, so that callers need not ask."""
    nothing = (
        "application",
        "application_fee_percent",
        "billing_cycle_anchor_config",
        "billing_thresholds",
        "customer_account",
        "default_source",
        "managed_payments",
        "next_pending_invoice_item_invoice",
        "on_behalf_of",
        "pending_invoice_item_interval",
        "pending_setup_intent",
        "schedule",
        "transfer_data",
    )
    return {
        **dict.fromkeys(nothing),
        "automatic_tax": {"disabled_reason": None, "enabled": False, "liability": None},
        "billing_schedules": [],
        "billing_mode": {"flexible": {"proration_discounts": "included"}, "type": "flexible"},
        "invoice_settings": {
            "account_tax_ids": None,
            "custom_fields": None,
            "description": None,
            "footer": None,
            "issuer": {"type": "self"},
        },
    }


def item_shape(
    item: SubscriptionItem, subscription: Subscription, discounts: Sequence[Discount], *, livemode: bool
) -> dict[str, Any]:
    shape = {
        "id": item.public_id,
        "object": "subscription_item",
        "billing_thresholds": None,
        "created": to_timestamp(item.created_at),
        "current_period_end": to_timestamp(subscription.current_period_end_at),
        "current_period_start": to_timestamp(subscription.current_period_start_at),
        "current_trial": None,
        "discounts": [one.public_id for one in discounts if one.subscription_item_id == item.id],
        "metadata": item.metadata,
        "plan": plan_shape(item.price, livemode=livemode),
        "price": price_shape(item.price, livemode=livemode),
        "subscription": subscription.public_id,
        "tax_rates": [encode_id("txr", UUID(text)) for text in item.tax_rate_ids],
    }
    return shape if item.quantity is None else {**shape, "quantity": item.quantity}


def discount_shape(discount: Discount) -> dict[str, Any]:
    return {
        "id": discount.public_id,
        "object": "discount",
        "checkout_session": None,
        "customer": encode_id("cus", discount.customer_id),
        "customer_account": None,
        "end": seconds(discount.ends_at),
        "invoice": public("in", discount.invoice_id),
        "invoice_item": None,
        "promotion_code": public("promo", discount.promotion_code_id),
        "source": {"coupon": discount.coupon.shown_id, "type": "coupon"},
        "start": to_timestamp(discount.starts_at),
        "subscription": public("sub", discount.subscription_id),
        "subscription_item": public("si", discount.subscription_item_id),
    }


def _pause_shape(subscription: Subscription) -> dict[str, Any] | None:
    if not subscription.pause_behavior:
        return None
    return {"behavior": subscription.pause_behavior, "resumes_at": seconds(subscription.pause_resumes_at)}


def _pending_shape(subscription: Subscription) -> dict[str, Any] | None:
    if subscription.pending_update is None:
        return None
    return {
        **subscription.pending_update["shape"],
        "expires_at": seconds(subscription.pending_update_expires_at),
    }
