"""The PDF of a dispute's evidence: what is staged now, or the copy of a submission. Its hash travels with it."""

from __future__ import annotations

import hashlib
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


def pack_of(dispute: Dispute, evidence: dict[str, Any]) -> tuple[bytes, str]:
    """The bytes and their SHA-256 in hexadecimal."""
    pack = read_pack(dispute, evidence)
    return pack, hashlib.sha256(pack).hexdigest()


def show_pack(model_admin: Any, request: HttpRequest, object_id: str) -> HttpResponseBase:
    """?order=dor_…: the copy that went out with that order; without it, what is staged now."""
    dispute = visible_dispute(model_admin, request, object_id)
    evidence = dispute.evidence
    if "order" in request.GET:
        evidence = _copy_of(dispute, request.GET["order"])
    pack, digest = pack_of(dispute, evidence)

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


def _copy_of(dispute: Dispute, named: str) -> dict[str, Any]:
    try:
        order = find_order(merchant_id=dispute.merchant_id, order_id=decode_id("dor", named))
    except PublicIdInvalid:
        order = None
    if order is None or order.dispute_id != dispute.id:
        raise Http404("No such submission.")
    return dict(order.evidence)
