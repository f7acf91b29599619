"""/v1/subscription_items."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from foundation.http.openapi import endpoint
from foundation.http.serializers import id_from_url
from foundation.http.views import ApiView
from subscriptions.api import inputs_subscriptions as inputs
from subscriptions.api.common import shown_item
from subscriptions.models import Subscription, SubscriptionItem
from subscriptions.operations.change_subscription import UpdatePayment, change_subscription
from subscriptions.queries.subscriptions import (
    get_item,
    get_subscription,
    list_discounts,
    list_items,
    list_items_of,
)
from subscriptions.steps.item_changes import ItemChange


class SubscriptionItemsView(ApiView):
    scope = "subscriptions"

    @endpoint(
        "Add an item to a subscription",
        input=inputs.ItemOfSubscriptionCreateInput,
        returns="subscription_item",
    )
    def post(self, request: Request) -> HttpResponse:
        params = self.input()
        known = get_subscription(merchant_id=self.merchant_id, subscription_id=params["subscription"])
        subscription = change_items_of(
            self, known.id, ItemChange(None, params["price"], params.get("quantity")), params
        )
        item = next(one for one in list_items(subscription) if one.price_id == params["price"])
        return self.respond(shown_item(self, item, subscription, list_discounts(subscription)))

    @endpoint(
        "List a subscription's items", input=inputs.ItemListInput, returns="subscription_item", page="list"
    )
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        subscription = get_subscription(merchant_id=self.merchant_id, subscription_id=params["subscription"])
        discounts = list_discounts(subscription)
        return self.respond_list(
            list_items_of(subscription),
            params,
            prefix="si",
            kind="subscription item",
            to_shape=lambda row: shown_item(self, row, subscription, discounts),
        )


class SubscriptionItemView(ApiView):
    scope = "subscriptions"
    parameter_names = {"subscription_item": "id"}

    @endpoint("Retrieve a subscription item", returns="subscription_item")
    def get(self, request: Request, id: str) -> HttpResponse:
        self.input()
        item = get_item(merchant_id=self.merchant_id, item_id=_item_id(id))
        return self.respond(self._shape(item, item.subscription))

    @endpoint("Update a subscription item", input=inputs.ItemUpdateInput, returns="subscription_item")
    def post(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        item = get_item(merchant_id=self.merchant_id, item_id=_item_id(id))
        change = ItemChange(item.id, params.get("price"), params.get("quantity"))
        subscription = self._change(item, change, params)
        return self.respond(
            self._shape(get_item(merchant_id=self.merchant_id, item_id=item.id), subscription)
        )

    @endpoint(
        "Take an item off a subscription",
        input=inputs.ItemDeleteInput,
        returns="deleted_subscription_item",
    )
    def delete(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        item = get_item(merchant_id=self.merchant_id, item_id=_item_id(id))
        self._change(item, ItemChange(item.id, is_removed=True), params)
        return self.respond({"id": item.public_id, "object": "subscription_item", "deleted": True})

    def _change(self, item: SubscriptionItem, change: ItemChange, params: dict[str, Any]) -> Subscription:
        return change_items_of(self, item.subscription_id, change, params)

    def _shape(self, item: SubscriptionItem, subscription: Subscription) -> dict[str, Any]:
        return shown_item(self, item, subscription, list_discounts(subscription))


def change_items_of(
    view: ApiView, subscription_id: UUID, change: ItemChange, params: dict[str, Any]
) -> Subscription:
    return change_subscription(
        merchant_id=view.merchant_id,
        subscription_id=subscription_id,
        change_id=view.reserved_id,
        changes=[change],
        proration_behavior=params["proration_behavior"],
        payment_behavior=UpdatePayment(params.get("payment_behavior", UpdatePayment.ALLOW_INCOMPLETE)),
        proration_at=params.get("proration_date"),
        off_session=False,
    )


def _item_id(text: str) -> UUID:
    return id_from_url("si", text, kind="subscription item")
