"""Uploads of evidence in the back office: kept under the page's one-time keys, shown again only to be saved."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse

from disputes.admin.pack_view import visible_dispute
from disputes.evidence_fields import FILE_FIELDS
from disputes.file_content import TYPES
from disputes.models import OrderKind
from disputes.queries.disputes import find_standing_order
from disputes.queries.files import get_file
from foundation.ids import decode_id


def download_file(model_admin: Any, request: HttpRequest, object_id: str, field: str) -> HttpResponse:
    """The file of one field: as it was sent, else as it is staged. A browser saves it instead of running it here."""
    dispute = visible_dispute(model_admin, request, object_id)
    answer = find_standing_order(dispute)
    sent = answer.evidence if answer is not None and answer.kind == OrderKind.SUBMIT else dispute.evidence
    public_id = sent.get(field) if field in FILE_FIELDS else None
    if not public_id:
        raise Http404("No such file.")
    file = get_file(merchant_id=dispute.merchant_id, file_id=decode_id("file", public_id))
    response = HttpResponse(bytes(file.content), content_type=file.content_type)
    response["Content-Disposition"] = f'attachment; filename="{field}.{TYPES[file.content_type]}"'
    response["X-Content-Type-Options"] = "nosniff"
    return response
