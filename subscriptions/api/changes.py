"""A subscription's parameters as the terms and changes that operations take."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from foundation.http.serializers import merge_metadata
from foundation.http.views import ApiView
from subscriptions.api.common import redemptions_of
from subscriptions.api.fields import instant_of
from subscriptions.errors import SubscriptionUnexpectedState
from subscriptions.models import CollectionMethod, PauseBehavior, Subscription
from subscriptions.operations.create_subscription import SubscriptionTerms
from subscriptions.operations.update_subscription import Pause, SubscriptionChange
from subscriptions.steps.plan_dates import AnchorDay

CLEARABLE = {
    "cancel_at": "cancel_at",
    "pause_collection": "pause",
    "default_payment_method": "default_payment_method",
    "discounts": "discounts",
}


def subscription_terms(view: ApiView, params: dict[str, Any], *, now: datetime) -> SubscriptionTerms:
    """now: of the customer's clock."""
    config = params.get("billing_cycle_anchor_config")
    trial = params.get("trial_settings")
    return SubscriptionTerms(
        collection_method=CollectionMethod(params.get("collection_method", "charge_automatically")),
        days_until_due=params.get("days_until_due"),
        trial_end_at=instant_of(params.get("trial_end"), now),
        trial_period_days=params.get("trial_period_days"),
        anchor_at=params.get("billing_cycle_anchor"),
        anchor_day=_anchor_day(config) if config else None,
        backdate_start_at=params.get("backdate_start_date"),
        default_payment_method_id=params.get("default_payment_method"),
        default_tax_rate_ids=tuple(params.get("default_tax_rates") or ()),
        discounts=redemptions_of(view, params.get("discounts")),
        cancel_at=params.get("cancel_at"),
        cancel_at_period_end=params.get("cancel_at_period_end", False),
        missing_payment_method=_missing_method(trial) if trial else "create_invoice",
        description=params.get("description") or "",
        metadata=merge_metadata({}, params.get("metadata") or {}),
        payment_settings=_payment_settings(params),
    )


def change_of(
    view: ApiView, params: dict[str, Any], known: Subscription
) -> tuple[SubscriptionChange, dict[str, Any]]:
    """The change, and the plain fields beside it."""
    pause, trial = params.get("pause_collection"), params.get("trial_settings")
    method = params.get("collection_method")
    rates, discounts = params.get("default_tax_rates"), params.get("discounts")
    change = SubscriptionChange(
        cancel_at=params.get("cancel_at"),
        cancel_at_period_end=params.get("cancel_at_period_end"),
        pause=Pause(PauseBehavior(pause["behavior"]), pause.get("resumes_at")) if pause else None,
        collection_method=CollectionMethod(method) if method else None,
        days_until_due=params.get("days_until_due"),
        default_payment_method_id=params.get("default_payment_method"),
        default_tax_rate_ids=tuple(rates or ()) if "default_tax_rates" in params else None,
        discounts=redemptions_of(view, discounts) if discounts else None,
        missing_payment_method=_missing_method(trial) if trial else None,
        clears=frozenset(word for name, word in CLEARABLE.items() if name in params and not params[name]),
    )
    fields: dict[str, Any] = {}
    if "description" in params:
        fields["description"] = params["description"] or ""
    if "metadata" in params:
        fields["metadata"] = merge_metadata(known.metadata, params["metadata"])
    if "payment_settings" in params:
        fields["payment_settings"] = _payment_settings(params)
    for name, value in (params.get("cancellation_details") or {}).items():
        fields[f"cancellation_{name}"] = value or ""
    return change, fields


def refuse_if_ended(subscription: Subscription) -> None:
    """Raises SubscriptionUnexpectedState, before any part of an update is carried out."""
    if not subscription.is_live:
        raise SubscriptionUnexpectedState(f"A subscription that is {subscription.status} does not change.")


def _anchor_day(config: dict[str, Any]) -> AnchorDay:
    parts = {name: config.get(name) for name in ("month", "hour", "minute", "second")}
    return AnchorDay(config["day_of_month"], **parts)


def _missing_method(trial: dict[str, Any]) -> str:
    return str(trial["end_behavior"]["missing_payment_method"])


def _payment_settings(params: dict[str, Any]) -> dict[str, Any]:
    given = params.get("payment_settings")
    if not given:
        return {}
    return {
        "payment_method_options": None,
        "payment_method_types": given.get("payment_method_types"),
        "save_default_payment_method": given.get("save_default_payment_method", "off"),
    }
