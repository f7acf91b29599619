"""/v1/reconciliations and /v1/reconciliations/breaks: runs and what they tie out to, breaks and who explains them.

Writing off is not here: it takes two people, and a key is nobody.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse
from django.urls import path
from rest_framework.request import Request

from foundation.http.openapi import LIST, endpoint
from foundation.http.serializers import (
    EnumField,
    InputSerializer,
    ListInput,
    StringField,
    TimestampField,
    id_from_url,
)
from foundation.http.views import ApiView
from ledger.models import ReconciliationBreak, ReconciliationRun, ReconciliationTie
from ledger.reconciliation.operations.explain_break import explain_break
from ledger.reconciliation.operations.reconcile import reconcile
from ledger.reconciliation.queries.breaks import get_break, list_breaks, list_open_breaks
from ledger.reconciliation.queries.runs import get_run, list_runs, list_ties
from ledger.reconciliation.shapes import break_shape, run_shape

RUN = "reconciliation"
BREAK = "reconciliation.break"


class ReconciliationInput(InputSerializer):
    """as_of: the instant whose figures are told; now when left out."""

    as_of = TimestampField(required=False)


class BreakListInput(ListInput):
    kind = EnumField(choices=ReconciliationBreak.Kind.choices, required=False)
    # resolved is what a run found; the others are what people decided.
    status = EnumField(choices=["open", "resolved", "written_off"], required=False)
    psp_account = StringField(max_length=64, required=False)


class BreakInput(InputSerializer):
    explanation = StringField(max_length=1_000)


class ReconciliationsView(ApiView):
    scope = "reconciliation"

    @endpoint("List reconciliations", input=ListInput, returns=RUN, page=LIST)
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        return self.respond_list(
            list_runs(self.merchant_id),
            params,
            prefix=ReconciliationRun.public_prefix,
            kind=RUN,
            to_shapes=lambda page: _run_shapes(self.merchant_id, page),
        )

    @endpoint("Reconcile", input=ReconciliationInput, returns=RUN)
    def post(self, request: Request) -> HttpResponse:
        params = self.input()
        run = reconcile(merchant_id=self.merchant_id, as_of_at=params.get("as_of"))
        return self.respond(_run_shapes(self.merchant_id, [run])[0])


class ReconciliationView(ApiView):
    scope = "reconciliation"

    @endpoint("Retrieve a reconciliation", returns=RUN)
    def get(self, request: Request, id: str) -> HttpResponse:
        self.input()
        run = get_run(self.merchant_id, id_from_url(ReconciliationRun.public_prefix, id, kind=RUN))
        return self.respond(_run_shapes(self.merchant_id, [run])[0])


class BreaksView(ApiView):
    scope = "reconciliation"

    @endpoint("List breaks", input=BreakListInput, returns=BREAK, page=LIST)
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        return self.respond_list(
            _matching(self.merchant_id, params),
            params,
            prefix=ReconciliationBreak.public_prefix,
            kind=BREAK,
            to_shape=break_shape,
            cursor_queryset=list_breaks(self.merchant_id),
        )


class BreakView(ApiView):
    scope = "reconciliation"

    @endpoint("Retrieve a break", returns=BREAK)
    def get(self, request: Request, id: str) -> HttpResponse:
        self.input()
        return self.respond(break_shape(get_break(self.merchant_id, _break_id(id))))

    @endpoint("Explain a break", input=BreakInput, returns=BREAK)
    def post(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        found = explain_break(
            merchant_id=self.merchant_id, break_id=_break_id(id), explanation=params["explanation"]
        )
        return self.respond(break_shape(found))


def _break_id(text: str) -> UUID:
    return id_from_url(ReconciliationBreak.public_prefix, text, kind=BREAK)


def _matching(merchant_id: UUID, params: dict[str, Any]) -> QuerySet[ReconciliationBreak]:
    status = params.get("status")
    rows = list_open_breaks(merchant_id) if status == "open" else list_breaks(merchant_id)
    if status == "resolved":
        rows = rows.filter(resolved_at__isnull=False)
    elif status == "written_off":
        rows = rows.filter(status=ReconciliationBreak.Status.WRITTEN_OFF)
    return rows.filter(**{name: params[name] for name in ("kind", "psp_account") if name in params})


def _run_shapes(merchant_id: UUID, runs: Sequence[ReconciliationRun]) -> list[dict[str, Any]]:
    ties: dict[UUID, list[ReconciliationTie]] = defaultdict(list)
    for tie in list_ties(merchant_id, [run.id for run in runs]):
        ties[tie.run_id].append(tie)
    return [run_shape(run, ties[run.id]) for run in runs]


urlpatterns = [
    path("reconciliations", ReconciliationsView.as_view()),
    path("reconciliations/breaks", BreaksView.as_view()),
    path("reconciliations/breaks/<str:id>", BreakView.as_view()),
    path("reconciliations/<str:id>", ReconciliationView.as_view()),
]
