"""The PDF of a dispute's evidence: as a submission would send it now, or the very file that one sent. Its hash travels
with it."""

from __future__ import annotations

from typing import Any

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from disputes.models import Dispute
from disputes.queries.disputes import find_order
from disputes.queries.packing import read_pack
from foundation.ids import PublicIdInvalid, decode_id

DIGEST_HEADER = "X-Pack-SHA256"


def show_pack(model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponseBase:
    """?order=dor_…: of that submission; without it, of what is staged now."""
    dispute = visible_dispute(model_admin, request, object_id)
    pack, digest = (
        _pack_of_order(dispute, request.GET["order"]) if "order" in request.GET else _pack_now(dispute)
    )

    # The browser's own viewer styles its frame inline; the policy is this answer's alone, which holds no page of ours.
    @csp_update({"style-src": [UNSAFE_INLINE], "object-src": [SELF]})
    def answer(request: HttpRequest) -> HttpResponseBase:
        response = HttpResponse(pack, content_type="application/pdf")
        response["Content-Disposition"] = f'inline; filename="{dispute.public_id}.pdf"'
        response[DIGEST_HEADER] = digest
        response["Cache-Control"] = "no-store"
        return response

    return answer(request)


def visible_dispute(model_admin: Any, request: HttpRequest, object_id: str) -> Dispute:
    """Another merchant's answers like one that does not exist."""
    dispute: Dispute | None = model_admin.get_object(request, object_id)
    if dispute is None:
        raise Http404("No such dispute.")
    if not model_admin.has_view_permission(request, dispute):
        raise PermissionDenied
    return dispute


def _pack_now(dispute: Dispute) -> tuple[bytes, str]:
    pack = read_pack(dispute, dispute.evidence)
    return pack.content, pack.sha256


def _pack_of_order(dispute: Dispute, named: str) -> tuple[bytes, str]:
    """The bytes that were sent; for a submission without its pack, its evidence drawn again."""
    try:
        order = find_order(merchant_id=dispute.merchant_id, order_id=decode_id("dor", named))
    except PublicIdInvalid:
        order = None
    if order is None or order.dispute_id != dispute.id:
        raise Http404("No such submission.")
    if order.pack is not None:
        return bytes(order.pack.content), order.pack.sha256
    pack = read_pack(dispute, order.evidence)
    return pack.content, pack.sha256
