"""/v1/test_helpers/test_clocks."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from foundation.http.openapi import endpoint
from foundation.http.serializers import ListInput, id_from_url
from foundation.http.views import ApiView
from subscriptions.api import inputs_subscriptions as inputs
from subscriptions.operations.advance_test_clock import advance_test_clock
from subscriptions.operations.create_test_clock import create_test_clock
from subscriptions.operations.delete_test_clock import delete_test_clock
from subscriptions.queries.test_clocks import get_test_clock, list_test_clocks
from subscriptions.shapes import test_clock_shape

KIND = "test_helpers.test_clock"


class ClocksView(ApiView):
    scope = "test_clocks"

    @endpoint("Create a test clock", input=inputs.TestClockCreateInput, returns=KIND)
    def post(self, request: Request) -> HttpResponse:
        params = self.input()
        clock = create_test_clock(
            merchant_id=self.merchant_id,
            test_clock_id=self.reserved_id,
            frozen_at=params["frozen_time"],
            name=params.get("name", ""),
            may_exist=self.is_resumed,
        )
        return self.respond(test_clock_shape(clock, livemode=self.livemode))

    @endpoint("List test clocks", input=ListInput, returns=KIND, page="list")
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        return self.respond_list(
            list_test_clocks(merchant_id=self.merchant_id),
            params,
            prefix="clock",
            kind="test clock",
            to_shape=lambda row: test_clock_shape(row, livemode=self.livemode),
        )


class ClockView(ApiView):
    scope = "test_clocks"
    parameter_names = {"test_clock": "id"}

    @endpoint("Retrieve a test clock", returns=KIND)
    def get(self, request: Request, id: str) -> HttpResponse:
        self.input()
        clock = get_test_clock(merchant_id=self.merchant_id, test_clock_id=_clock_id(id))
        return self.respond(test_clock_shape(clock, livemode=self.livemode))

    @endpoint("Delete a test clock", returns=f"deleted_{KIND}")
    def delete(self, request: Request, id: str) -> HttpResponse:
        self.input()
        delete_test_clock(merchant_id=self.merchant_id, test_clock_id=_clock_id(id))
        return self.respond({"id": id, "object": KIND, "deleted": True})


class ClockAdvanceView(ApiView):
    scope = "test_clocks"
    parameter_names = {"test_clock": "id"}

    @endpoint("Advance a test clock", input=inputs.TestClockAdvanceInput, returns=KIND)
    def post(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        clock = advance_test_clock(
            merchant_id=self.merchant_id, test_clock_id=_clock_id(id), target_at=params["frozen_time"]
        )
        return self.respond(test_clock_shape(clock, livemode=self.livemode))


def _clock_id(text: str) -> UUID:
    return id_from_url("clock", text, kind="test clock")
