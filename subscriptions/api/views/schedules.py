"""/v1/subscription_schedules."""

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
from subscriptions.api.fields import NOW
from subscriptions.models import CollectionMethod, SubscriptionSchedule
from subscriptions.operations.cancel_schedule import cancel_schedule
from subscriptions.operations.create_schedule import create_schedule
from subscriptions.operations.release_schedule import release_schedule
from subscriptions.operations.schedule_subscription import schedule_subscription
from subscriptions.operations.update_schedule import update_schedule
from subscriptions.periods import Interval
from subscriptions.queries.subscriptions import get_schedule, list_phases, list_schedules
from subscriptions.shapes import schedule_shape
from subscriptions.steps.new_schedule import ScheduleSettings
from subscriptions.steps.plan_phases import NewPhase, PhaseItem


class SchedulesView(ApiView):
    scope = "subscriptions"

    @endpoint(
        "Plan a subscription's changes", input=inputs.ScheduleCreateInput, returns="subscription_schedule"
    )
    def post(self, request: Request) -> HttpResponse:
        params = self.input()
        common: dict[str, Any] = {
            "merchant_id": self.merchant_id,
            "schedule_id": self.reserved_id,
            "end_behavior": params.get("end_behavior", "release"),
            "metadata": merge_metadata({}, params.get("metadata") or {}),
            "may_exist": self.is_resumed,
        }
        if "from_subscription" in params:
            schedule = create_schedule(subscription_id=params["from_subscription"], **common)
        else:
            start = params.get("start_date", NOW)
            schedule = schedule_subscription(
                customer_id=params["customer"],
                phases=[
                    _phase(phase, keeps_start=bool(number)) for number, phase in enumerate(params["phases"])
                ],
                starts_at=None if start == NOW else start,
                settings=_settings(params.get("default_settings") or {}),
                **common,
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
        return [_phase(phase) for phase in coming]


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


def _phase(phase: dict[str, Any], *, keeps_start: bool = True) -> NewPhase:
    """keeps_start: off for the first of a new schedule, whose start is the schedule's."""
    lasts = phase.get("duration")
    return NewPhase(
        items=tuple(PhaseItem(item["price"], item.get("quantity")) for item in phase["items"]),
        starts_at=phase.get("start_date") if keeps_start else None,
        ends_at=phase.get("end_date"),
        proration_behavior=phase.get("proration_behavior", "create_prorations"),
        lasts=(Interval(lasts["interval"]), lasts.get("interval_count", 1)) if lasts else None,
    )


def _settings(given: dict[str, Any]) -> ScheduleSettings:
    return ScheduleSettings(
        collection_method=CollectionMethod(given.get("collection_method", "charge_automatically")),
        days_until_due=(given.get("invoice_settings") or {}).get("days_until_due"),
        default_payment_method_id=given.get("default_payment_method"),
        description=given.get("description") or "",
    )


def shown_schedule(view: ApiView, schedule: SubscriptionSchedule) -> dict[str, Any]:
    return schedule_shape(schedule, list_phases(schedule), livemode=view.livemode)


def _schedule_id(text: str) -> UUID:
    return id_from_url("sub_sched", text, kind="subscription schedule")
