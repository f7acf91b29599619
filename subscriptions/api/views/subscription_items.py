"""/v1/subscription_items and /v1/subscription_schedules."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from foundation.errors import ParameterMissing
from foundation.http.openapi import endpoint
from foundation.http.serializers import id_from_url, merge_metadata
from foundation.http.views import ApiView
from payments.api.common import created_within
from subscriptions.api import inputs_subscriptions as inputs
from subscriptions.api.common import shown_item
from subscriptions.models import Subscription, SubscriptionItem, SubscriptionSchedule
from subscriptions.operations.cancel_schedule import cancel_schedule
from subscriptions.operations.change_items import change_items
from subscriptions.operations.create_schedule import create_schedule
from subscriptions.operations.release_schedule import release_schedule
from subscriptions.operations.update_schedule import update_schedule
from subscriptions.queries.subscriptions import (
    get_item,
    get_schedule,
    get_subscription,
    list_discounts,
    list_items,
    list_items_of,
    list_phases,
    list_schedules,
)
from subscriptions.shapes import schedule_shape
from subscriptions.steps.item_changes import ItemChange
from subscriptions.steps.plan_phases import NewPhase, PhaseItem


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
        subscription = change_items(
            merchant_id=self.merchant_id,
            subscription_id=known.id,
            changes=[ItemChange(None, params["price"], params.get("quantity"))],
            proration_behavior=params["proration_behavior"],
            proration_at=params.get("proration_date"),
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
        return change_items(
            merchant_id=self.merchant_id,
            subscription_id=item.subscription_id,
            changes=[change],
            proration_behavior=params["proration_behavior"],
            proration_at=params.get("proration_date"),
        )

    def _shape(self, item: SubscriptionItem, subscription: Subscription) -> dict[str, Any]:
        return shown_item(self, item, subscription, list_discounts(subscription))


class SchedulesView(ApiView):
    scope = "subscriptions"

    @endpoint(
        "Plan a subscription's changes", input=inputs.ScheduleCreateInput, returns="subscription_schedule"
    )
    def post(self, request: Request) -> HttpResponse:
        params = self.input()
        schedule = create_schedule(
            merchant_id=self.merchant_id,
            schedule_id=self.reserved_id,
            subscription_id=params["from_subscription"],
            metadata=merge_metadata({}, params.get("metadata") or {}),
            may_exist=self.is_resumed,
        )
        return self.respond(shown_schedule(self, schedule))

    @endpoint("List schedules", input=inputs.ScheduleListInput, returns="subscription_schedule", page="list")
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        rows = created_within(list_schedules(merchant_id=self.merchant_id), params)
        if "customer" in params:
            rows = rows.filter(customer_id=params["customer"])
        return self.respond_list(
            rows,
            params,
            prefix="sub_sched",
            kind="subscription schedule",
            to_shape=lambda row: shown_schedule(self, row),
        )


class ScheduleView(ApiView):
    scope = "subscriptions"
    parameter_names = {"subscription_schedule": "id"}

    @endpoint("Retrieve a schedule", returns="subscription_schedule")
    def get(self, request: Request, id: str) -> HttpResponse:
        self.input()
        schedule = get_schedule(merchant_id=self.merchant_id, schedule_id=_schedule_id(id))
        return self.respond(shown_schedule(self, schedule))

    @endpoint(
        "Plan a schedule's coming phases anew",
        input=inputs.ScheduleUpdateInput,
        returns="subscription_schedule",
    )
    def post(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        known = get_schedule(merchant_id=self.merchant_id, schedule_id=_schedule_id(id))
        metadata = params.get("metadata")
        schedule = update_schedule(
            merchant_id=self.merchant_id,
            schedule_id=known.id,
            phases=self._phases(known, params["phases"]) if "phases" in params else None,
            end_behavior=params.get("end_behavior"),
            metadata=merge_metadata(known.metadata, metadata) if "metadata" in params else None,
        )
        return self.respond(shown_schedule(self, schedule))

    def _phases(self, known: SubscriptionSchedule, given: list[dict[str, Any]]) -> list[NewPhase]:
        """Stripe's callers send the current phase first, as they read it; what has begun does not change."""
        begun = {phase.starts_at for phase in list_phases(known) if phase.applied_at is not None}
        coming = [phase for phase in given if phase.get("start_date") not in begun]
        if len(coming) == len(given) and given and "start_date" not in given[0]:
            raise ParameterMissing("The first phase names its start_date.", param="phases[0][start_date]")
        return [
            NewPhase(
                items=tuple(PhaseItem(item["price"], item.get("quantity")) for item in phase["items"]),
                starts_at=phase.get("start_date"),
                ends_at=phase.get("end_date"),
                proration_behavior=phase.get("proration_behavior", "create_prorations"),
            )
            for phase in coming
        ]


class ScheduleReleaseView(ApiView):
    scope = "subscriptions"
    parameter_names = {"subscription_schedule": "id"}

    @endpoint("Release a schedule", returns="subscription_schedule")
    def post(self, request: Request, id: str) -> HttpResponse:
        self.input()
        schedule = release_schedule(merchant_id=self.merchant_id, schedule_id=_schedule_id(id))
        return self.respond(shown_schedule(self, schedule))


class ScheduleCancelView(ApiView):
    scope = "subscriptions"
    parameter_names = {"subscription_schedule": "id", "subscription": "id"}

    @endpoint("Cancel a schedule and its subscription", returns="subscription_schedule")
    def post(self, request: Request, id: str) -> HttpResponse:
        self.input()
        schedule = cancel_schedule(merchant_id=self.merchant_id, schedule_id=_schedule_id(id))
        return self.respond(shown_schedule(self, schedule))


def shown_schedule(view: ApiView, schedule: SubscriptionSchedule) -> dict[str, Any]:
    return schedule_shape(schedule, list_phases(schedule), livemode=view.livemode)


def _item_id(text: str) -> UUID:
    return id_from_url("si", text, kind="subscription item")


def _schedule_id(text: str) -> UUID:
    return id_from_url("sub_sched", text, kind="subscription schedule")
