"""/v1/subscriptions."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from foundation.http.openapi import endpoint
from foundation.http.serializers import id_from_url, merge_metadata
from foundation.http.views import ApiView
from payments.api.common import created_within
from subscriptions.api import inputs_subscriptions as inputs
from subscriptions.api.changes import change_of, refuse_if_ended, subscription_terms
from subscriptions.api.common import redemptions_of, shown_subscription, shown_subscriptions
from subscriptions.models import Subscription, SubscriptionStatus
from subscriptions.operations.cancel_subscription import cancel_subscription
from subscriptions.operations.change_subscription import UpdatePayment, change_subscription
from subscriptions.operations.create_schedule import create_schedule
from subscriptions.operations.create_subscription import NewItem, PaymentBehavior, create_subscription
from subscriptions.operations.move_trial_end import move_trial_end
from subscriptions.operations.renew_subscription import renew_subscription
from subscriptions.operations.resume_subscription import resume_subscription
from subscriptions.operations.update_subscription import update_subscription
from subscriptions.queries.subscriptions import (
    find_billing_customer,
    get_subscription,
    list_items,
    list_subscriptions,
    now_of,
)
from subscriptions.steps.item_changes import ItemChange
from subscriptions.steps.plan_phases import NewPhase, phase_items_after

AT_PERIOD_END = "at_period_end"
ENDED = [SubscriptionStatus.CANCELED, SubscriptionStatus.INCOMPLETE_EXPIRED]


class SubscriptionsView(ApiView):
    scope = "subscriptions"
    parameter_names = {"price": "items[0][price]", "payment_method": "default_payment_method"}

    @endpoint("Create a subscription", input=inputs.SubscriptionCreateInput, returns="subscription")
    def post(self, request: Request) -> HttpResponse:
        params = self.input()
        behavior = PaymentBehavior(params.pop("payment_behavior", "allow_incomplete"))
        items = [self._item(item, position) for position, item in enumerate(params.pop("items"))]
        billing = find_billing_customer(merchant_id=self.merchant_id, customer_id=params["customer"])
        now = now_of(billing.test_clock if billing else None)
        subscription = create_subscription(
            merchant_id=self.merchant_id,
            subscription_id=self.reserved_id,
            customer_id=params.pop("customer"),
            items=items,
            payment_behavior=behavior,
            off_session=params.pop("off_session", False),
            terms=subscription_terms(self, params, now=now),
            may_exist=self.is_resumed,
        )
        return self.respond(shown_subscription(self, subscription))

    @endpoint("List subscriptions", input=inputs.SubscriptionListInput, returns="subscription", page="list")
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        rows = created_within(list_subscriptions(merchant_id=self.merchant_id), params)
        for name, field in (
            ("customer", "customer_id"),
            ("collection_method", "collection_method"),
            ("test_clock", "test_clock_id"),
        ):
            if name in params:
                rows = rows.filter(**{field: params[name]})
        if "price" in params:
            rows = rows.filter(items__price_id=params["price"], items__removed_at__isnull=True)
        match params.get("status"):
            case None:
                rows = rows.exclude(status=SubscriptionStatus.CANCELED)
            case "ended":
                rows = rows.filter(status__in=ENDED)
            case "all":
                pass
            case status:
                rows = rows.filter(status=status)
        return self.respond_list(
            rows,
            params,
            prefix="sub",
            kind="subscription",
            to_shapes=lambda page: shown_subscriptions(self, page),
            cursor_queryset=list_subscriptions(merchant_id=self.merchant_id),
        )

    def _item(self, item: dict[str, Any], position: int) -> NewItem:
        return NewItem(
            item["price"],
            item.get("quantity"),
            tax_rate_ids=tuple(item.get("tax_rates") or ()),
            discounts=redemptions_of(self, item.get("discounts")),
            metadata=merge_metadata({}, item.get("metadata") or {}),
        )


class SubscriptionView(ApiView):
    scope = "subscriptions"
    parameter_names = {"subscription": "id", "payment_method": "default_payment_method"}

    @endpoint("Retrieve a subscription", returns="subscription")
    def get(self, request: Request, id: str) -> HttpResponse:
        self.input()
        row = get_subscription(merchant_id=self.merchant_id, subscription_id=subscription_id_of(id))
        return self.respond(shown_subscription(self, row))

    @endpoint("Update a subscription", input=inputs.SubscriptionUpdateInput, returns="subscription")
    def post(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        known = get_subscription(merchant_id=self.merchant_id, subscription_id=subscription_id_of(id))
        refuse_if_ended(known)
        behavior, trial_end = params["proration_behavior"], params.pop("trial_end", None)
        self._change(known, params)
        if trial_end is not None:
            move_trial_end(
                merchant_id=self.merchant_id,
                subscription_id=known.id,
                trial_end_at=None if isinstance(trial_end, str) else trial_end,
                is_prorated=behavior != "none",
            )
            # A trial that ends now makes its first paid period due; beat would find it too.
            renew_subscription(merchant_id=self.merchant_id, subscription_id=known.id)
        if params:
            change, fields = change_of(self, params, known)
            update_subscription(
                merchant_id=self.merchant_id, subscription_id=known.id, change=change, **fields
            )
        row = get_subscription(merchant_id=self.merchant_id, subscription_id=known.id)
        return self.respond(shown_subscription(self, row))

    @endpoint("Cancel a subscription", input=inputs.SubscriptionCancelInput, returns="subscription")
    def delete(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        details = params.get("cancellation_details") or {}
        row = cancel_subscription(
            merchant_id=self.merchant_id,
            subscription_id=subscription_id_of(id),
            is_prorated=params.get("prorate", False),
            comment=details.get("comment") or "",
            feedback=details.get("feedback") or "",
        )
        return self.respond(shown_subscription(self, row))

    def _change(self, known: Subscription, params: dict[str, Any]) -> None:
        """What of the parameters changes items or period, taken out of them."""
        behavior, at = params.pop("proration_behavior"), params.pop("proration_date", None)
        items, token = params.pop("items", None), params.pop("preview_token", "")
        anchor, off_session = params.pop("billing_cycle_anchor", None), params.pop("off_session", False)
        payment = UpdatePayment(params.pop("payment_behavior", UpdatePayment.ALLOW_INCOMPLETE))
        if items is None and anchor != "now":
            return
        changes = self._changes(known, items or [])
        if behavior == AT_PERIOD_END:
            create_schedule(
                merchant_id=self.merchant_id,
                schedule_id=self.reserved_id,
                subscription_id=known.id,
                phases=[
                    NewPhase(items=phase_items_after(list_items(known), changes), proration_behavior="none")
                ],
                may_exist=self.is_resumed,
            )
            return
        change_subscription(
            merchant_id=self.merchant_id,
            subscription_id=known.id,
            change_id=self.reserved_id,
            changes=changes,
            proration_behavior=behavior,
            payment_behavior=payment,
            anchor=anchor,
            proration_at=at,
            preview_token=token,
            off_session=off_session,
        )

    def _changes(self, known: Subscription, items: list[dict[str, Any]]) -> list[ItemChange]:
        single = list_items(known)
        changes = []
        for item in items:
            item_id = item.get("id")
            if item_id is None and "price" not in item and len(single) == 1:
                # A seat change of the only item needs no id.
                item_id = single[0].id
            changes.append(
                ItemChange(item_id, item.get("price"), item.get("quantity"), item.get("deleted", False))
            )
        return changes


class SubscriptionResumeView(ApiView):
    scope = "subscriptions"
    parameter_names = {"subscription": "id"}

    @endpoint("Resume a paused subscription", input=inputs.SubscriptionResumeInput, returns="subscription")
    def post(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        row = resume_subscription(
            merchant_id=self.merchant_id,
            subscription_id=subscription_id_of(id),
            keeps_anchor=params.get("billing_cycle_anchor") == "unchanged",
        )
        return self.respond(shown_subscription(self, row))


def subscription_id_of(text: str) -> UUID:
    return id_from_url("sub", text, kind="subscription")
