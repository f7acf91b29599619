"""/v1/disputes."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from disputes.api import inputs
from disputes.models import Dispute
from disputes.operations.accept_dispute import accept_dispute
from disputes.operations.execute_order import execute_order
from disputes.operations.stage_evidence import stage_evidence
from disputes.operations.submit_evidence import submit_evidence
from disputes.operations.update_dispute import update_dispute
from disputes.queries.disputes import find_order, get_dispute, list_disputes, movements_of
from disputes.shapes import dispute_shape
from foundation.http.openapi import endpoint
from foundation.http.serializers import id_from_url, merge_metadata
from foundation.http.views import ApiView


class DisputesView(ApiView):
    scope = "disputes"

    @endpoint("List disputes", input=inputs.DisputeListInput, returns="dispute", page="list")
    def get(self, request: Request) -> HttpResponse:
        params = self.input()
        rows = list_disputes(merchant_id=self.merchant_id)
        rows = rows.filter(**{f"opened_at__{word}": at for word, at in params.get("created", {}).items()})
        if "charge" in params:
            rows = rows.filter(attempt_id=params["charge"])
        if "payment_intent" in params:
            rows = rows.filter(payment_intent_id=params["payment_intent"])
        return self.respond_list(rows, params, prefix="dp", kind="dispute", to_shapes=self._shapes)

    def _shapes(self, disputes: Any) -> list[dict[str, Any]]:
        movements = movements_of(self.merchant_id, [dispute.id for dispute in disputes])
        return [
            dispute_shape(dispute, movements=movements.get(dispute.id, []), livemode=self.livemode)
            for dispute in disputes
        ]


class _OneDispute(ApiView):
    scope = "disputes"
    parameter_names = {"dispute": "id"}

    def answer(self, dispute_id: UUID) -> HttpResponse:
        dispute: Dispute = get_dispute(merchant_id=self.merchant_id, dispute_id=dispute_id)
        movements = movements_of(self.merchant_id, [dispute.id]).get(dispute.id, [])
        return self.respond(dispute_shape(dispute, movements=movements, livemode=self.livemode))


class DisputeView(_OneDispute):
    @endpoint("Retrieve a dispute", returns="dispute")
    def get(self, request: Request, id: str) -> HttpResponse:
        self.input()
        return self.answer(_dispute_id(id))

    @endpoint(
        "Stage evidence, and submit it unless told otherwise",
        input=inputs.DisputeUpdateInput,
        returns="dispute",
    )
    def post(self, request: Request, id: str) -> HttpResponse:
        params = self.input()
        dispute = get_dispute(merchant_id=self.merchant_id, dispute_id=_dispute_id(id))
        if "metadata" in params:
            update_dispute(
                merchant_id=self.merchant_id,
                dispute_id=dispute.id,
                metadata=merge_metadata(dispute.metadata, params["metadata"]),
            )
        if "evidence" in params and not self._is_submitted():
            stage_evidence(merchant_id=self.merchant_id, dispute_id=dispute.id, evidence=params["evidence"])
        # As Stripe has it: evidence that is given is submitted, unless the caller says not to.
        if params.get("submit", "evidence" in params):
            order = submit_evidence(
                merchant_id=self.merchant_id, dispute_id=dispute.id, order_id=self.reserved_id
            )
            execute_order(merchant_id=self.merchant_id, order_id=order.id)
        return self.answer(dispute.id)

    def _is_submitted(self) -> bool:
        """An earlier request with this key got as far as the order before it died."""
        return (
            self.is_resumed
            and find_order(merchant_id=self.merchant_id, order_id=self.reserved_id) is not None
        )


class DisputeCloseView(_OneDispute):
    @endpoint("Accept a dispute as lost", returns="dispute")
    def post(self, request: Request, id: str) -> HttpResponse:
        self.input()
        dispute = get_dispute(merchant_id=self.merchant_id, dispute_id=_dispute_id(id))
        order = accept_dispute(merchant_id=self.merchant_id, dispute_id=dispute.id, order_id=self.reserved_id)
        execute_order(merchant_id=self.merchant_id, order_id=order.id)
        return self.answer(dispute.id)


def _dispute_id(text: str) -> UUID:
    return id_from_url("dp", text, kind="dispute")
