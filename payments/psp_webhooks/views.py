"""The endpoint for a PSP's webhooks: raw bytes, verified before parsing, stored, committed, 200."""

from __future__ import annotations

import structlog
from django.http import HttpRequest, HttpResponse, JsonResponse, UnreadablePostError
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt

from foundation import clock, ids
from foundation.context import acting
from payments.operations.receive_psp_webhook import receive_psp_webhook
from payments.psp.port import WebhookRefused
from payments.psp.registry import connector_for
from payments.queries.psp_accounts import find_account_for_webhooks
from payments.queries.psp_orders import credentials_of

# A dispute's event carries all its evidence: 150,000 characters, which JSON may write in six bytes each.
MAX_BODY_BYTES = 1_048_576
KEPT_HEADERS = ("Content-Type", "User-Agent", "Stripe-Signature")

log = structlog.get_logger(__name__)


@method_decorator(csrf_exempt, name="dispatch")
class PspWebhookView(View):
    """POST /psp/webhooks/<psp account>/: 200 once stored, 400 for anything unsigned, malformed or too large."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest, account: str) -> HttpResponse:
        try:
            psp_account = find_account_for_webhooks(ids.decode_id("psp", account))
        except ids.PublicIdInvalid:
            psp_account = None
        if psp_account is None:
            return JsonResponse({"error": "no_such_account"}, status=404)
        body = _body_of(request)
        if body is None:
            return JsonResponse({"error": "body_too_large"}, status=400)
        connector = connector_for(psp_account.psp)
        try:
            connector.verify_webhook(
                credentials_of(psp_account), body, request.headers, clock.to_timestamp(clock.now())
            )
            events = [(part, connector.parse_webhook(part)) for part in connector.split_webhook(body)]
        except WebhookRefused as refusal:
            log.warning("psp_webhook_refused", psp=psp_account.psp, code=refusal.reason)
            return JsonResponse({"error": refusal.reason}, status=400)
        with acting(actor=f"psp:{psp_account.public_id}", merchant_id=psp_account.merchant_id):
            # Each event is a row of its own: of a body that is half stored, the repeat brings the other half.
            for part, news in events:
                receive_psp_webhook(
                    merchant_id=psp_account.merchant_id,
                    psp_account=psp_account,
                    news=news,
                    body=part.decode("utf-8"),
                    headers={name: request.headers[name] for name in KEPT_HEADERS if name in request.headers},
                )
        answer = connector.capabilities.webhook_answer
        return HttpResponse(answer, content_type="application/json" if answer[0] == "{" else "text/plain")


def _body_of(request: HttpRequest) -> bytes | None:
    """The raw bytes; None when there are more than we read, whatever Content-Length says."""
    try:
        body = request.read(MAX_BODY_BYTES + 1)
    except UnreadablePostError:
        return None
    return None if len(body) > MAX_BODY_BYTES else body
