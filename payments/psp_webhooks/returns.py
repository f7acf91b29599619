"""Where a customer comes back to us from a PSP that decides only when it is told what they bring; then on to the
caller's own page."""

from __future__ import annotations

from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views import View

from foundation import ids
from foundation.context import acting
from foundation.errors import ResourceMissing
from payments.operations.complete_attempt_action import complete_attempt_action
from payments.operations.complete_setup_action import complete_setup_action
from payments.queries.psp_accounts import find_merchant_of_action

DETAILS = ("redirectResult",)
"""What a PSP may give the browser to bring; nothing else is passed on."""
MAX_DETAIL = 4_000
ACTOR = "customer"
GOOD = ("succeeded", "requires_capture", "processing")


class PspReturnView(View):
    """GET /psp/returns/<charge or setup intent>/: a redirect in any case; whoever asks learns nothing here."""

    http_method_names = ["get"]

    def get(self, request: HttpRequest, action: str) -> HttpResponse:
        details = {name: request.GET[name][:MAX_DETAIL] for name in DETAILS if request.GET.get(name)}
        prefix = action.partition("_")[0]
        try:
            row_id = ids.decode_id(prefix, action) if prefix in ("ch", "seti") else None
        except ids.PublicIdInvalid:
            row_id = None
        merchant_id = find_merchant_of_action(prefix, row_id) if row_id else None
        if row_id is None or merchant_id is None:
            raise Http404
        with acting(actor=ACTOR, merchant_id=merchant_id):
            try:
                return _answer(*_complete(prefix, merchant_id, row_id, details))
            except ResourceMissing:
                raise Http404 from None


def _complete(
    prefix: str, merchant_id: UUID, row_id: UUID, details: dict[str, str]
) -> tuple[str, dict[str, str]]:
    """The caller's page, and what its query says."""
    if prefix == "seti":
        setup = complete_setup_action(merchant_id=merchant_id, setup_intent_id=row_id, details=details)
        status = "succeeded" if setup.status in GOOD else "failed"
        return setup.return_url, {"setup_intent": setup.public_id, "redirect_status": status}
    attempt = complete_attempt_action(merchant_id=merchant_id, attempt_id=row_id, details=details)
    intent = attempt.payment_intent
    status = "succeeded" if intent.status in GOOD else "failed"
    return intent.return_url, {"payment_intent": intent.public_id, "redirect_status": status}


def _answer(return_url: str, told: dict[str, str]) -> HttpResponse:
    if not return_url:
        return HttpResponseRedirect(reverse("returned"))
    parts = urlsplit(return_url)
    query = urlencode([*parse_qsl(parts.query, keep_blank_values=True), *told.items()])
    return HttpResponseRedirect(urlunsplit(parts._replace(query=query)))
