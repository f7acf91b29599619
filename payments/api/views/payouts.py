"""/v1/payouts: read only; the PSP pays out by its own schedule."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from rest_framework.request import Request

from foundation.http.openapi import endpoint
from foundation.http.serializers import id_from_url
from foundation.http.views import ApiView
from payments.api import inputs
from payments.api.common import created_within
from payments.models import Payout
from payments.queries.payouts import get_payout, list_payouts
from payments.shapes import payout_shape


class PayoutsView(ApiView):
    scope = "payouts"

    @endpoint("List payouts", input=inputs.PayoutListInput, returns="payout", page="list")
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        rows = created_within(list_payouts(merchant_id=self.merchant_id), params)
        rows = _arriving(rows, params.get("arrival_date", {}))
        if "status" in params:
            rows = rows.filter(status=params["status"])
        return self.respond_list(
            rows,
            params,
            prefix="po",
            kind="payout",
            to_shape=lambda row: payout_shape(row, livemode=self.livemode),
        )


class PayoutView(ApiView):
    scope = "payouts"
    parameter_names = {"payout": "id"}

    @endpoint("Retrieve a payout", returns="payout")
    def get(self, request: Request, id: str) -> HttpResponse:
        self.input()
        payout = get_payout(merchant_id=self.merchant_id, payout_id=id_from_url("po", id, kind="payout"))
        return self.respond(payout_shape(payout, livemode=self.livemode))


def _arriving(rows: QuerySet[Payout], bounds: dict[str, datetime]) -> QuerySet[Any]:
    """A payout's day counts as its first second, which is what arrival_date shows."""
    for lookup, at in bounds.items():
        is_within_day = at.time() != time()
        if lookup in ("gte", "lt") and is_within_day:
            # The next midnight is the first day at or after it.
            at += timedelta(days=1)
        rows = rows.filter(**{f"arrival_on__{lookup}": at.date()})
    return rows
